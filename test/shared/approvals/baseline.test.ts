import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeedKey, VersionState } from '../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { acceptBaseline, type BaselineWords } from '../../../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { readBaseline } from '../../../shared/register/vaults.ts';
import { entry } from '../../../shared/trail/entries.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { diskUnder, USABLE } from '../../simulation/disk.ts';
import { restoreByOwner } from '../../simulation/restorer.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const seconds = (days: number): number => Date.parse(MONDAY) / 1000 + days * 86_400;
const older = '00000000000000000000000000000001';
const latest = '00000000000000000000000000000002';
const vault = 'prod-disks';
const attacker = 'attacker';
const everyOperation = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

beforeEach(() => stopAt());
afterEach(resetClock);

const soundKey: SeedKey = {
  name: 'disk-a',
  versions: [
    { version: older, created: seconds(-200) },
    { version: latest, created: seconds(-100) },
  ],
};

const unaccepted = (keys: readonly SeedKey[] = [soundKey], disabledKeyRead: 200 | 403 = 200): Promise<World> =>
  createWorld({
    vaults: [{ name: vault, keys }],
    policy: { vaults: [{ name: vault, mode: 'block' }] },
    baseline: false,
    behaviours: { disabledKeyRead },
  });

const PERSON = { oid: 'person' };

/** A person looks, and accepts a millisecond later. */
async function accept({ ports }: World, words: Partial<BaselineWords> = {}): Promise<void> {
  const proposed = await proposeBaseline(vault, ports);
  turnClock(1);
  await acceptBaseline(vault, proposed, { needed: [], retired: [], ...words }, PERSON, ports);
}

/** A person puts a key back as it was approved. */
const restore = (world: World, key: string) => restoreByOwner(world, vault, key);

const open = async (world: World, key = 'disk-a') =>
  (await world.incidents(vault, key)).filter(({ state }) => state === 'open');

/** Each record once: they stand in the register's stream as well. */
const baselineRecords = async (world: World) => {
  const records = (await world.trail()).filter(({ what }) => what === 'baseline');
  return [...new Map(records.map((record) => [record.id, record])).values()];
};

function shown(world: World, version: string): VersionState | undefined {
  const state = world.azure.state(vault, 'disk-a');
  return state.kind === 'none' ? undefined : state.versions.find((one) => one.version === version);
}

describe('before the baseline is accepted', () => {
  test('nothing is written, whatever happens', async () => {
    const world = await unaccepted();
    await world.sentry();
    await world.as(attacker).disable(vault, 'disk-a');
    await world.pass(61);
    await world.as(attacker).delete(vault, 'disk-a');
    await world.audit();
    await world.pass(130);
    expect(world.writes()).toEqual([]);
    expect(world.azure.state(vault, 'disk-a').kind).toBe('deleted');
    expect(await readBaseline(world.ports.tables, vault)).toMatchObject({ state: 'proposed' });
    expect(world.failures).toEqual([]);
  });

  test('the first sweep proposes one, and the trail says so once, with what is suspicious', async () => {
    const world = await unaccepted([
      { name: 'disk-a', versions: [{ version: latest, created: seconds(-100), enabled: false }] },
    ]);
    await world.sentry();
    await world.pass(130);
    expect(await baselineRecords(world)).toMatchObject([
      {
        detail: {
          state: 'proposed',
          keys: 1,
          suspicious: [`${vault}/disk-a/${latest}: it is disabled and is the current version: it may be in use`],
        },
      },
    ]);
  });

  test('people are told that the vault waits, once, until the first sweep after somebody has accepted it', async () => {
    const world = await unaccepted();
    await world.sentry();
    await world.pass(600, 10);
    expect(world.alerts).toMatchObject([
      {
        event: 'opened',
        incident: {
          kind: 'baseline-waiting',
          severity: 'error',
          audience: 'operators',
          commands: [
            `key-guardian baseline show ${vault}  # first: suspicious versions come first`,
            `key-guardian baseline accept ${vault}  # then, if each version there is right: its keys are restored from then on`,
          ],
        },
      },
    ]);
    await accept(world);
    await world.pass(61);
    expect(await world.incidents(vault)).toMatchObject([{ kind: 'baseline-waiting', state: 'resolved' }]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'resolved']);
  });

  test('what is lost of a key in block is told with the command that restores it, and not undone', async () => {
    const world = await unaccepted();
    await world.sentry();
    await world.as(attacker).delete(vault, 'disk-a');
    await world.pass(600, 10);
    expect(await open(world)).toMatchObject([
      {
        kind: 'key-deleted',
        judgement: 'withheld: no-baseline',
        commands: [`key-guardian restore ${vault}/disk-a`, expect.stringMatching(/^key-guardian approve ask /)],
      },
    ]);
    expect(world.writes()).toEqual([]);
  });

  test('the proposed one counts at once in alert: nobody has to accept it, and what differs is told', async () => {
    const world = await createWorld({
      vaults: [{ name: vault, keys: [soundKey] }],
      policy: { vaults: [{ name: vault }] },
      baseline: false,
    });
    await world.sentry();
    await world.as(attacker).disable(vault, 'disk-a', older);
    await world.pass(61);
    expect(await open(world)).toMatchObject([
      { kind: 'version-disabled', subject: { version: older }, judgement: 'withheld: alert-only' },
    ]);
    expect(world.alerts.map(({ incident }) => incident.kind)).toEqual(['version-disabled']);
  });

  test('it counts for the keys in alert of a vault whose keys in block wait', async () => {
    const world = await createWorld({
      vaults: [{ name: vault, keys: [soundKey, { name: 'disk-b' }] }],
      policy: { vaults: [{ name: vault, keys: [{ pattern: 'disk-b', mode: 'block' }] }] },
      baseline: false,
    });
    await world.sentry();
    for (const key of ['disk-a', 'disk-b']) await world.as(attacker).delete(vault, key);
    await world.pass(61);
    expect(await open(world, 'disk-a')).toMatchObject([{ judgement: 'withheld: alert-only' }]);
    expect(await open(world, 'disk-b')).toMatchObject([{ judgement: 'withheld: no-baseline' }]);
    expect(await world.incidents(vault)).toMatchObject([{ kind: 'baseline-waiting', state: 'open' }]);
  });

  test('what is suspicious does not count in alert either, and is told', async () => {
    const world = await createWorld({
      vaults: [{ name: vault, keys: [{ name: 'disk-a', versions: [{ version: latest, enabled: false }] }] }],
      policy: { vaults: [{ name: vault }] },
      baseline: false,
    });
    await world.sentry();
    expect(await open(world)).toMatchObject([{ kind: 'version-not-approved', subject: { version: latest } }]);
  });

  test('people are told all the same where the sweep that proposed it ended before', async () => {
    const proposed = new Error('the process is gone');
    let proposing = true;
    let isProposed = false;
    const world = await createWorld({
      vaults: [{ name: vault, keys: [soundKey] }],
      policy: { vaults: [{ name: vault, mode: 'block' }] },
      baseline: false,
      onStep({ name, when }) {
        if (name === 'vaults.put') isProposed = true;
        if (proposing && isProposed && name === 'incidents.list' && when === 'before') throw proposed;
      },
    });
    await world.sentry();
    expect(await readBaseline(world.ports.tables, vault)).toMatchObject({ state: 'proposed' });
    expect(world.alerts).toEqual([]);
    proposing = false;
    await world.pass(61);
    expect(world.alerts).toMatchObject([{ incident: { kind: 'baseline-waiting' } }]);
  });

  test('what is bad from before is a person’s to restore, where a person says that it is needed', async () => {
    const world = await unaccepted();
    await world.sentry();
    await world.as(attacker).disable(vault, 'disk-a', latest);
    await world.as(attacker).disable(vault, 'disk-a', older);
    await accept(world, { needed: [`disk-a/${latest}`], retired: [`disk-a/${older}`] });
    await world.pass(130);
    expect(world.writes()).toEqual([]);
    expect(await open(world)).toMatchObject([
      {
        kind: 'version-disabled',
        subject: { version: latest },
        judgement: 'withheld: before-block',
        deadline: expect.any(Date),
        commands: [`key-guardian restore ${vault}/disk-a`, expect.stringMatching(/^key-guardian approve ask /)],
      },
    ]);
    await restore(world, 'disk-a');
    expect(shown(world, latest)?.enabled).toBe(true);
    expect(shown(world, older)?.enabled).toBe(false);
    expect(await open(world)).toEqual([]);
    expect((await baselineRecords(world)).find(({ detail }) => detail.state === 'accepted')?.who).toEqual({
      oid: 'person',
    });
  });
});

describe.each([200, 403] as const)('where reading a disabled version answers %i', (disabledKeyRead) => {
  const current = { version: latest, created: seconds(-100) };
  const disabled = 'it is disabled';

  test.each<[string, SeedKey['versions'], Record<string, string>]>([
    ['current and disabled', [{ ...current, enabled: false }], { [latest]: disabled }],
    [
      'older, disabled, and changed a second less than thirty days ago',
      [{ version: older, created: seconds(-200), enabled: false, updated: seconds(-30) + 1 }, current],
      { [older]: disabled },
    ],
    ['current and expired', [{ ...current, exp: seconds(-1) }], { [latest]: 'has expired' }],
    [
      'older, expired, and changed lately',
      [{ version: older, created: seconds(-200), updated: seconds(-1), exp: seconds(-0.5) }, current],
      { [older]: 'it has expired and was changed on' },
    ],
    ['not usable yet', [{ ...current, nbf: seconds(365) }], { [latest]: 'it cannot be used before' }],
    [
      'stripped of what disks need, and changed lately',
      [{ ...current, updated: seconds(-1), keyOps: ['sign', 'wrapKey'] }],
      { [latest]: 'it has no unwrapKey and was changed on' },
    ],
  ])('a version that is %s is suspicious and listed first', async (_, versions, suspicious) => {
    const world = await unaccepted(
      [{ name: 'a-sound-one' }, { name: 'disk-a', versions: versions ?? [] }],
      disabledKeyRead,
    );
    const [first, ...others] = await proposeBaseline(vault, world.ports);
    expect(first).toMatchObject({
      key: 'disk-a',
      suspicious: expect.stringContaining(Object.values(suspicious)[0] ?? ''),
    });
    expect(first?.shown?.version).toBe(Object.keys(suspicious)[0]);
    expect(others.map((one) => one.suspicious)).toEqual(others.map(() => undefined));
  });

  test('an older version that was disabled thirty days ago is taken as retired', async () => {
    const world = await unaccepted(
      [
        {
          name: 'disk-a',
          versions: [{ version: older, created: seconds(-200), enabled: false, updated: seconds(-30) - 1 }, current],
        },
      ],
      disabledKeyRead,
    );
    await accept(world);
    await world.sentry();
    await world.pass(130);
    expect(shown(world, older)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(vault, 'disk-a')).toEqual([]);
  });

  test('a disabled version that a person calls needed is guarded from when a person has restored it', async () => {
    const world = await unaccepted([soundKey], disabledKeyRead);
    const use = await diskUnder(world.azure, vault, 'disk-a', older);
    await world.as(attacker).disable(vault, 'disk-a', older);
    await accept(world, { needed: [`disk-a/${older}`] });
    await world.sentry();
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    expect(await open(world)).toMatchObject([{ kind: 'version-disabled', judgement: 'withheld: before-block' }]);

    await restore(world, 'disk-a');

    expect(await use()).toEqual(USABLE);
    await world.pass(61);
    await world.as(attacker).disable(vault, 'disk-a', older);
    await world.pass(61);
    expect(await use()).toEqual(USABLE);
    expect((await world.incidents(vault, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
  });

  test('a suspicious version of which nobody says anything is known, told and not approved', async () => {
    const world = await unaccepted([soundKey], disabledKeyRead);
    await world.as(attacker).disable(vault, 'disk-a', latest);
    await accept(world);
    await world.sentry();
    await world.pass(130);
    expect(shown(world, latest)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      { kind: 'version-not-approved', subject: { version: latest }, state: 'open', judgement: 'left to people' },
    ]);
  });
});

describe('a baseline', () => {
  test.each<[says: string, version: NonNullable<SeedKey['versions']>[number]]>([
    ['made to sign, and never for disks', { created: seconds(-100), keyOps: ['sign', 'verify'] }],
    ['an older one that expired long ago', { created: seconds(-400), updated: seconds(-300), exp: seconds(-200) }],
    ['made yesterday', { created: seconds(-1) }],
  ])('finds nothing odd in a version that was %s', async (_, version) => {
    const world = await unaccepted([{ name: 'disk-a', versions: [version, { created: seconds(0) }] }]);
    expect(await proposeBaseline(vault, world.ports)).toMatchObject([
      { suspicious: undefined, changedAt: undefined },
      { suspicious: undefined, changedAt: undefined },
    ]);
  });

  test('lists what is usable and was changed lately after the suspicious, with the time', async () => {
    const world = await unaccepted([
      { name: 'a', versions: [{ created: seconds(-100) }] },
      { name: 'b', versions: [{ created: seconds(-100), updated: seconds(-1) }] },
      { name: 'c', versions: [{ created: seconds(-100), enabled: false }] },
    ]);
    expect((await proposeBaseline(vault, world.ports)).map(({ key, changedAt }) => [key, changedAt])).toEqual([
      ['c', undefined],
      ['b', new Date(seconds(-1) * 1000)],
      ['a', undefined],
    ]);
  });

  test('holds a version that a person calls needed to being usable, whatever was wrong with it', async () => {
    const made = { created: seconds(-100), updated: seconds(-1) };
    const names = ['expired', 'not-yet', 'stripped'] as const;
    const wrong = {
      expired: { exp: seconds(-0.5) },
      'not-yet': { nbf: seconds(9) },
      stripped: { keyOps: ['sign'] as const },
    };
    const world = await unaccepted(
      names.map((name) => ({ name, versions: [{ version: latest, ...made, ...wrong[name] }] })),
    );
    await accept(world, { needed: names.map((name) => `${name}/${latest}`) });
    await world.sentry();
    await world.pass(61);
    expect(world.writes()).toEqual([]);
    for (const name of names) {
      expect(await open(world, name)).toMatchObject([{ judgement: 'withheld: before-block' }]);
      await restore(world, name);
      await world.as('disk').wrapAndUnwrap(vault, name, latest);
      expect(await open(world, name)).toEqual([]);
    }
  });

  test('accepted again leaves what nobody names as it was approved: an attack of that moment is undone', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    await world.as(attacker).disable(vault, 'disk-a', older);
    await world.as(attacker).expire(vault, 'disk-a', new Date(seconds(60) * 1000), latest);
    const proposed = await proposeBaseline(vault, world.ports);
    expect(proposed.map(({ shown, suspicious }) => [shown?.version, suspicious])).toEqual(
      expect.arrayContaining([
        [older, expect.stringContaining('it is disabled and was changed on')],
        [latest, 'it is not as approved'],
      ]),
    );
    await accept(world);
    await world.pass(61);
    expect(shown(world, older)?.enabled).toBe(true);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ kind: 'version-expiring', state: 'open' })]),
    );
    await accept(world, { asShown: [`disk-a/${latest}`] });
    await world.pass(61);
    expect(await open(world)).toEqual([]);
  });

  test.each([latest, older])('takes no version that is in use as retired: %s', async (version) => {
    const world = await unaccepted();
    await accept(world);
    const approved = await world.ports.tables.keys.get(vault, 'disk-a');
    await expect(accept(world, { retired: [`disk-a/${version}`] })).rejects.toThrow(NotAllowed);
    await expect(accept(world, { retired: [`disk-a/${version}`] })).rejects.toThrow(
      `Nothing was accepted.\ndisk-a/${version}: it is in use. Approve its disablement instead:\n  key-guardian approve ask ${vault}/disk-a/${version} --act disable --why "…"`,
    );
    expect((await world.ports.tables.keys.get(vault, 'disk-a'))?.row.etag).toBe(approved?.row.etag);
  });

  test('takes no version as shown that is as it was approved, and says so beside every other fault', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.as(attacker).disable(vault, 'disk-a', older);
    await expect(accept(world, { asShown: [`disk-a/${latest}`, `disk-a/${older}`] })).rejects.toThrow(
      /it is disabled, so it cannot be accepted as shown.*\n.*it is as approved: there is nothing to accept/,
    );
  });

  test('takes what was only told for what is approved where a person calls it right as it is', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    await world.as('owner').operations(vault, 'disk-a', ['sign', 'wrapKey', 'unwrapKey'], latest);
    await world.pass(61);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([
      {
        kind: 'version-changed',
        state: 'open',
        commands: [
          expect.stringMatching(/^az keyvault key set-attributes .+ --ops .+ {2}# if nobody meant it$/),
          `key-guardian baseline accept ${vault} --as-shown disk-a/${latest}  # if it was meant`,
        ],
      },
    ]);
    await accept(world, { asShown: [`disk-a/${latest}`] });
    await world.pass(61);
    expect(await world.incidents(vault, 'disk-a')).toMatchObject([{ state: 'resolved' }]);
    expect((await world.trail()).map(({ detail }) => detail.change)).toContainEqual(
      expect.objectContaining({ kind: 'approve-version', version: latest, because: 'baseline: as shown' }),
    );
    await world.as(attacker).operations(vault, 'disk-a', ['encrypt'], latest);
    await world.pass(3_700, 10);
    expect(shown(world, latest)?.keyOps.toSorted()).toEqual(['sign', 'unwrapKey', 'wrapKey']);
  });

  test.each<readonly [what: string, act: (world: World) => Promise<void>, fault: string]>([
    ['was disabled', (world) => world.as(attacker).disable(vault, 'disk-a'), 'it is disabled'],
    ['has expired', (world) => world.as(attacker).expire(vault, 'disk-a', new Date(0)), 'it has expired'],
    [
      'cannot be used yet',
      (world) => world.as(attacker).notBefore(vault, 'disk-a', new Date('2037-01-01T00:00:00Z')),
      'it cannot be used yet',
    ],
    ['cannot unwrap', (world) => world.as(attacker).operations(vault, 'disk-a', ['wrapKey']), 'it has no unwrapKey'],
  ])('takes no version as shown that %s meanwhile, and nothing else with it', async (_, act, fault) => {
    const world = await unaccepted();
    await accept(world);
    await act(world);
    const asShown = [`disk-a/${latest}`];
    await expect(accept(world, { asShown })).rejects.toThrow(`disk-a/${latest}: ${fault}`);
    await world.sentry();
    await world.pass(130);
    expect(shown(world, latest)?.enabled).toBe(true);
    expect((await world.incidents(vault, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
  });

  /** A key that was deleted with approval, and recovered. */
  async function letGoAndBack(): Promise<World> {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    await world.approve({ vault, key: 'disk-a', acts: ['delete'] });
    await world.as('owner').delete(vault, 'disk-a');
    await world.pass(130);
    await world.as('owner').recover(vault, 'disk-a');
    return world;
  }

  test('that only retires versions of a key that was let go guards none of it', async () => {
    const world = await letGoAndBack();
    await world.as('owner').disable(vault, 'disk-a', older);
    await accept(world, { retired: [`disk-a/${older}`] });
    await world.as('owner').disable(vault, 'disk-a', latest);
    await world.pass(130);
    expect(world.changes()).toBe(0);
  });

  test('says everything that is odd about a key that was let go and is back', async () => {
    const world = await letGoAndBack();
    await world.as(attacker).disable(vault, 'disk-a');
    const proposed = await proposeBaseline(vault, world.ports);
    expect(proposed.find(({ shown }) => shown?.version === latest)?.suspicious).toBe(
      'its key was deleted with approval, or abandoned, and is back; it is disabled and is the current version: it may be in use',
    );
  });

  test('that is accepted while an inspection tells of the same ends what that opens', async () => {
    const meanwhile: { accept?: (() => Promise<void>) | undefined } = {};
    const world = await createWorld({
      vaults: [{ name: vault, keys: [soundKey] }],
      policy: { vaults: [{ name: vault, mode: 'block' }] },
      async onStorage(name) {
        const { accept: now } = meanwhile;
        if (now === undefined || name !== 'alerts.send') return;
        meanwhile.accept = undefined;
        await now();
      },
    });
    await world.sentry();
    await world.pass(61);
    await world.as('owner').operations(vault, 'disk-a', everyOperation);
    await world.as('owner').operations(vault, 'disk-a', ['wrapKey', 'unwrapKey', 'sign', 'verify', 'encrypt']);
    meanwhile.accept = () => accept(world, { asShown: [`disk-a/${latest}`] });
    await world.pass(300, 5);
    expect(meanwhile.accept).toBeUndefined();
    expect((await world.incidents(vault, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
  });

  test('lists a deleted key as suspicious', async () => {
    const world = await unaccepted([soundKey, { name: 'disk-b' }]);
    await world.as(attacker).delete(vault, 'disk-b');
    expect((await proposeBaseline(vault, world.ports))[0]).toMatchObject({
      key: 'disk-b',
      shown: undefined,
      suspicious: 'the key is deleted',
    });
  });

  test('is not taken of a vault of which not everything can be read', async () => {
    const world = await unaccepted();
    world.azure.fault({
      match: { operation: 'get-version', identity: 'watcher' },
      answer: { kind: 'forbidden-by-firewall' },
    });
    await expect(proposeBaseline(vault, world.ports)).rejects.toMatchObject({
      name: 'BaselineImpossible',
      because: 'forbidden-by-firewall',
    });
    await world.sentry();
    expect(await baselineRecords(world)).toEqual([]);
  });

  test('is not taken of a vault that lists a key without what it should say of it', async () => {
    const world = await unaccepted();
    const item = { kid: `https://${vault}.vault.azure.net/keys/disk-z`, attributes: { enabled: true } };
    const body = JSON.stringify({ value: [item], nextLink: null });
    world.azure.fault({ match: { operation: 'list' }, answer: { kind: 'malformed', body } });
    await expect(proposeBaseline(vault, world.ports)).rejects.toThrow(`The baseline needs ${vault}/disk-z`);
  });

  test('leaves out the keys that the policy leaves out', async () => {
    const world = await unaccepted([soundKey, { name: 'scratch-1' }]);
    world.changePolicy({
      vaults: [{ name: vault, mode: 'block', keys: [{ pattern: 'scratch-*', guard: false }] }],
    });
    expect((await proposeBaseline(vault, world.ports)).map(({ key }) => key)).toEqual(['disk-a', 'disk-a']);
  });

  test('covers a key that is created later, as soon as a sweep has listed it', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    const made = await world.as('owner').create(vault, 'disk-new');
    await world.pass(61);
    const use = await diskUnder(world.azure, vault, 'disk-new', made);
    await world.as(attacker).disable(vault, 'disk-new');
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.pass(61);
    expect(await use()).toEqual(USABLE);
  });

  test('accepted twice is as accepted once', async () => {
    const world = await unaccepted();
    await accept(world);
    await accept(world);
    await world.sentry();
    await world.pass(61);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
    await world.as(attacker).delete(vault, 'disk-a');
    await world.pass(61);
    expect(world.azure.state(vault, 'disk-a').kind).toBe('present');
  });
});

describe('a register that is lost while the trail has a baseline', () => {
  /** Deletes every row, as deleting the tables and making them again does. */
  async function lose({ tables }: World, ...names: readonly ('keys' | 'vaults')[]): Promise<void> {
    for (const name of names) for (const row of await tables[name].list()) await tables[name].remove(row);
  }

  test.each([
    ['the table of keys', ['keys']],
    ['the tables of keys and of vaults', ['keys', 'vaults']],
  ] as const)('with %s is an incident, is rebuilt from the trail, and guarding goes on', async (_, names) => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    const made = await world.as('owner').create(vault, 'disk-a', { keyOps: everyOperation });
    await world.pass(61);
    await lose(world, ...names);

    await world.sentry();
    await world.pass(61);

    expect(await world.incidents(vault)).toMatchObject([
      {
        reason: 'register-lost',
        severity: 'critical',
        judgement: 'rebuilt from the trail; an operator has to check it, in working hours',
      },
    ]);
    expect(world.alerts.map(({ incident }) => incident.reason)).toEqual(['register-lost']);
    expect((await baselineRecords(world)).map(({ detail }) => detail)).toContainEqual({ state: 'rebuilt', keys: 1 });
    expect(world.writes()).toEqual([]);
    for (const version of [older, latest, made]) {
      const use = await diskUnder(world.azure, vault, 'disk-a', version);
      await world.as(attacker).disable(vault, 'disk-a', version);
      expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
      await world.pass(61);
      expect(await use()).toEqual(USABLE);
    }
    expect(world.failures).toEqual([]);
  });

  test.each(['disable', 'delete'] as const)('is no cover for a %s before anybody looks', async (act) => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    await world.pass(5);
    const use = await diskUnder(world.azure, vault, 'disk-a', latest);
    await lose(world, 'keys', 'vaults');
    await world.as(attacker)[act](vault, 'disk-a');
    expect((await use()).unwrap).not.toBe(200);
    await world.sentry();
    await world.pass(61);
    expect(await use()).toEqual(USABLE);
    expect(await world.incidents(vault)).toMatchObject([{ kind: 'guardian-unwell', reason: 'register-lost' }]);
  });

  test('is told although the first telling failed', async () => {
    let isRefused = false;
    const world = await createWorld({
      vaults: [{ name: vault, keys: [soundKey] }],
      policy: { vaults: [{ name: vault, mode: 'block' }] },
      onStorage(name) {
        if (isRefused && name === 'incidents.insert') throw new Error('it is away');
      },
    });
    await world.sentry();
    await world.pass(61);
    await lose(world, 'keys');
    isRefused = true;
    await world.pass(70);
    isRefused = false;
    await world.pass(130);
    expect(await world.incidents(vault)).toMatchObject([{ reason: 'register-lost', state: 'open' }]);
  });

  test('is not rebuilt from a record that holds no change; people are told which it is', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    const change = { kind: 'of-a-later-version' };
    const odd = entry('register', keyOf({ vault, key: 'disk-a' }), { change }, world.ports);
    await world.ports.trail.appendRegister([odd]);
    await lose(world, 'keys');
    await world.pass(300);
    expect(await world.incidents(vault)).toMatchObject([
      { reason: 'vault-unreadable', state: 'open', summary: expect.stringContaining(`record ${odd.id} of its stream`) },
    ]);
    expect(await world.tables.keys.list()).toEqual([]);
    expect(world.failures).toEqual([]);
  });

  test('is no first sight: no second baseline is proposed', async () => {
    const world = await unaccepted();
    await accept(world);
    await world.sentry();
    await lose(world, 'keys', 'vaults');
    await world.sentry();
    await world.pass(61);
    expect((await baselineRecords(world)).map(({ detail }) => detail.state)).not.toContain('proposed');
    expect(await readBaseline(world.ports.tables, vault)).toMatchObject({
      state: 'accepted',
      by: { oid: 'person' },
    });
  });
});
