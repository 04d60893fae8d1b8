import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Behaviours } from '../../../local/azure/types.ts';
import { resetClock } from '../../../local/clock.ts';
import { acceptBaseline } from '../../../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import { versionIn } from '../../../shared/domain/subject.ts';
import { MONDAY, stopAt } from '../../simulation/clock.ts';
import { diskUnder, USABLE } from '../../simulation/disk.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const seconds = (days: number): number => Date.parse(MONDAY) / 1000 + days * 86_400;
const inDays = (days: number): Date => new Date(seconds(days) * 1000);
const first = '00000000000000000000000000000001';
const vault = 'prod-disks';

beforeEach(() => stopAt());
afterEach(resetClock);

/** A key `disk-a` of one version that may wrap and unwrap, guarded in mode block, with its baseline accepted. */
const guarded = (behaviours: Partial<Behaviours> = {}): Promise<World> =>
  createWorld({
    vaults: [
      {
        name: vault,
        keys: [
          { name: 'disk-a', versions: [{ version: first, created: seconds(-90), keyOps: ['wrapKey', 'unwrapKey'] }] },
        ],
      },
    ],
    policy: { vaults: [{ name: vault, mode: 'block' }] },
    behaviours,
  });

const incidents = (world: World) => world.incidents(vault, 'disk-a');
/** What the register's stream says of a version. */
const registered = async (world: World, version: string) =>
  (await world.trail())
    .filter(({ what, subject }) => what === 'register' && versionIn(subject) === version)
    .map(({ detail }) => detail.change);

/** A person accepts what is there now. */
const accept = async ({ ports }: World, needed: readonly string[] = []): Promise<void> =>
  acceptBaseline(vault, await proposeBaseline(vault, ports), { needed, retired: [] }, { oid: 'person' }, ports);

function versionShown(world: World, version: string) {
  const state = world.azure.state(vault, 'disk-a');
  return state.kind === 'none' ? undefined : state.versions.find((one) => one.version === version);
}

describe('a sound new version', () => {
  test('is adopted by the next sweep, without a word and without a write, and guarded from then on', async () => {
    const world = await guarded();
    await world.sentry();
    const made = await world.as('owner').rotate(vault, 'disk-a');
    await world.pass(60);
    expect(await registered(world, made)).toMatchObject([
      { kind: 'approve-version', attributes: { enabled: true }, because: 'as good as the version before it' },
    ]);
    expect(world.alerts).toEqual([]);
    expect(world.writes()).toEqual([]);

    const use = await diskUnder(world.azure, vault, 'disk-a', made);
    await world.as('attacker').disable(vault, 'disk-a', made);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.pass(60);
    expect(await use()).toEqual(USABLE);
    expect(world.changes()).toBe(1);
  });

  test.each(['EventGridSchema', 'CloudEventSchemaV1_0'] as const)(
    'is adopted at once where an event of the %s tells of it',
    async (eventSchema) => {
      const world = await guarded({ eventSchema });
      const made = await world.as('owner').rotate(vault, 'disk-a');
      await world.events();
      expect(await registered(world, made)).toMatchObject([{ kind: 'approve-version' }]);
    },
  );

  test('leaves its predecessor guarded', async () => {
    const world = await guarded();
    await world.sentry();
    await world.as('owner').rotate(vault, 'disk-a');
    await world.pass(60);
    const use = await diskUnder(world.azure, vault, 'disk-a', first);
    await world.as('attacker').disable(vault, 'disk-a', first);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.pass(60);
    expect(await use()).toEqual(USABLE);
  });

  test('and another one made right after it are both adopted', async () => {
    const world = await guarded();
    await world.sentry();
    const second = await world.as('owner').rotate(vault, 'disk-a');
    const third = await world.as('owner').rotate(vault, 'disk-a');
    await world.pass(60);
    for (const made of [second, third])
      expect(await registered(world, made)).toMatchObject([{ kind: 'approve-version' }]);
    expect(world.alerts).toEqual([]);
  });

  test('that was disabled after it was adopted is undone, and not taken for one that was made disabled', async () => {
    const world = await guarded();
    const made = await world.as('owner').rotate(vault, 'disk-a');
    await world.events();
    await world.as('attacker').disable(vault, 'disk-a', made);
    await world.wake(vault, 'disk-a');
    expect(versionShown(world, made)?.enabled).toBe(true);
  });
});

describe.each([200, 403] as const)('where reading a disabled version answers %i', (disabledKeyRead) => {
  test('a version made disabled is alerted, and not approved until a person says so, even when it is enabled later', async () => {
    const world = await guarded({ disabledKeyRead });
    await world.sentry();
    const made = await world.as('attacker').create(vault, 'disk-a', { enabled: false });
    await world.pass(60);
    expect(await incidents(world)).toMatchObject([
      {
        kind: 'version-not-approved',
        subject: { version: made },
        state: 'open',
        judgement: 'left to people',
        summary: expect.stringContaining('it is disabled'),
      },
    ]);
    expect(await registered(world, made)).toMatchObject([{ kind: 'know-version' }]);

    await world.as('attacker').enable(vault, 'disk-a', made);
    await world.pass(60);
    await world.as('attacker').disable(vault, 'disk-a', made);
    await world.pass(60);

    expect(versionShown(world, made)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await registered(world, made)).toMatchObject([{ kind: 'know-version' }]);
    expect(await incidents(world)).toMatchObject([{ kind: 'version-not-approved', state: 'open' }]);
  });
});

describe('a version that falls short of its predecessor', () => {
  test.each([
    ['that expires inside the notify time', { expiresOn: inDays(10) }, 'it expires on'],
    ['of another size', { keySize: 3072 }, 'its size is 3072 bits, not 2048'],
    ['of another type', { keyType: 'EC' }, 'its type is EC, not RSA'],
    ['of other operations', { keyOps: ['sign', 'verify'] }, 'its operations are sign, verify, not wrapKey, unwrapKey'],
    ['of more operations', { keyOps: ['wrapKey', 'unwrapKey', 'decrypt'] }, 'its operations are wrapKey'],
    ['that cannot be used yet', { notBefore: inDays(1) }, 'it cannot be used before'],
  ] as const)('%s is alerted and not approved, and nothing is written', async (_, options, fault) => {
    const world = await guarded();
    await world.sentry();
    const made = await world.as('attacker').create(vault, 'disk-a', options);
    await world.pass(60);
    expect(await incidents(world)).toMatchObject([
      {
        kind: 'version-not-approved',
        subject: { version: made },
        state: 'open',
        judgement: 'left to people',
        summary: expect.stringContaining(fault),
      },
    ]);
    expect(await registered(world, made)).toMatchObject([{ kind: 'know-version' }]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened']);

    await world.as('attacker').disable(vault, 'disk-a', made);
    await world.pass(120);
    expect(versionShown(world, made)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  test('by being imported is alerted and not approved where the record is heard before it is adopted', async () => {
    const world = await guarded();
    await world.sentry();
    const made = await world.as('attacker').import(vault, 'disk-a');
    await world.audit();
    expect(await incidents(world)).toMatchObject([
      {
        kind: 'version-not-approved',
        subject: { version: made },
        summary: expect.stringContaining('it was imported'),
        who: { oid: world.azure.identities.get('attacker')?.oid },
      },
    ]);
    expect((await registered(world, made)).at(-1)).not.toMatchObject({ kind: 'approve-version' });
  });

  test('by being imported is alerted and no longer approved where the record comes minutes after it was adopted', async () => {
    const world = await guarded();
    await world.sentry();
    const made = await world.as('attacker').import(vault, 'disk-a');
    await world.pass(300);
    expect(await registered(world, made)).toMatchObject([{ kind: 'approve-version' }]);

    await world.audit();

    expect((await registered(world, made)).at(-1)).toMatchObject({ kind: 'revoke-version' });
    expect(await incidents(world)).toMatchObject([
      { kind: 'version-not-approved', state: 'open', summary: expect.stringContaining('it was imported') },
    ]);
    await world.as('attacker').disable(vault, 'disk-a', made);
    await world.pass(120);
    expect(versionShown(world, made)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  test('does not stand in the way of a sound one after it', async () => {
    const world = await guarded();
    await world.sentry();
    const weak = await world.as('attacker').create(vault, 'disk-a', { keyOps: ['sign'] });
    await world.pass(60);
    const sound = await world.as('owner').create(vault, 'disk-a');
    await world.pass(60);
    expect(await registered(world, sound)).toMatchObject([{ kind: 'approve-version' }]);
    expect(await incidents(world)).toMatchObject([
      { kind: 'version-not-approved', subject: { version: weak }, state: 'open' },
    ]);
  });

  test('ends its incident once a person names it in a new baseline, and not before', async () => {
    const world = await guarded();
    await world.sentry();
    const made = await world.as('owner').create(vault, 'disk-a', { expiresOn: inDays(10) });
    await world.pass(60);
    expect(await incidents(world)).toMatchObject([{ kind: 'version-not-approved', state: 'open' }]);
    await accept(world);
    await world.pass(61);
    expect(await incidents(world)).toMatchObject([{ kind: 'version-not-approved', state: 'open' }]);
    await accept(world, [`disk-a/${made}`]);
    await world.pass(61);
    expect(await incidents(world)).toMatchObject([{ state: 'resolved', judgement: 'good again' }]);
    const use = await diskUnder(world.azure, vault, 'disk-a', made);
    await world.as('attacker').disable(vault, 'disk-a', made);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.pass(60);
    expect(await use()).toEqual(USABLE);
  });

  test('by being imported is alerted although its record came while it was deleted, and many others since', async () => {
    const world = await createWorld({
      vaults: [{ name: vault, keys: [{ name: 'disk-a' }] }],
      policy: { vaults: [{ name: vault, mode: 'alert' }] },
    });
    await world.sentry();
    await world.as('attacker').import(vault, 'disk-a');
    await world.as('attacker').delete(vault, 'disk-a');
    await world.audit();
    await world.pass(61);
    await world.as('owner').recover(vault, 'disk-a');
    for (let nth = 0; nth < 60; nth += 1) await world.as('attacker').tag(vault, 'disk-a');
    await world.as('attacker').delete(vault, 'disk-a');
    await world.audit();
    await world.pass(61);
    await world.as('owner').recover(vault, 'disk-a');
    await world.pass(130);
    expect((await incidents(world)).map(({ kind }) => kind)).toContain('version-not-approved');
  });

  test('by being imported stays approved once a person has accepted it', async () => {
    const world = await guarded();
    const made = await world.as('owner').import(vault, 'disk-a');
    await accept(world, [`disk-a/${made}`]);
    await world.audit();
    await world.sentry();
    await world.pass(61);
    expect((await registered(world, made)).at(-1)).toMatchObject({
      kind: 'approve-version',
      because: 'baseline: needed',
    });
    expect(await incidents(world)).toEqual([]);
    await world.as('attacker').disable(vault, 'disk-a', made);
    await world.pass(60);
    expect(versionShown(world, made)?.enabled).toBe(true);
  });
});
