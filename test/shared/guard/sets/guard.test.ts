import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import roles from '../../../../infra/roles.json' with { type: 'json' };
import type { Fault } from '../../../../local/azure/types.ts';
import { resetClock } from '../../../../local/clock.ts';
import { MINUTE_MS } from '../../../../shared/domain/time.ts';
import { lookAtSets } from '../../../../shared/propagation/sets.ts';
import { stopAt } from '../../../simulation/clock.ts';
import type { Step } from '../../../simulation/instance.ts';
import type { WorldOptions } from '../../../simulation/world.ts';
import { type Rotating, rotating, setIdOf, shownBy, urlOf, V1, VAULT } from '../../propagation/rotating.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const RIGHT = roles.identities.updater.actions[0]?.action;
const OFF = { rotationToLatestKeyVersionEnabled: false };
const schedule = { every: 'P2Y', notifyBefore: 'P30D', sets: 'update' };
const policyOf = (more: object = {}) => ({ vaults: [{ name: VAULT, mode: 'block', rotation: schedule, ...more }] });

const guarding = (more: Partial<WorldOptions> = {}): Promise<Rotating> =>
  rotating([{ name: 'des-a', properties: OFF }], { policy: policyOf(), ...more });

/** The writes of the guardian to sets. */
const writes = ({ world: { azure } }: Rotating) =>
  azure.resourceManager.log.filter(({ identity, method }) => identity === 'keeper' && method !== 'GET');
const changes = (on: Rotating): number => writes(on).filter(({ changed }) => changed).length;
/** What the trail has of pointing sets at versions: `intent`, `outcome begun`. */
const recorded = async ({ world }: Rotating): Promise<readonly string[]> => {
  const trail = await world.trail();
  const updates = trail.filter(
    ({ what, detail }) => what === 'intent' && JSON.stringify(detail).includes('update-set'),
  );
  const ids = new Set(updates.map(({ detail }) => detail.intent));
  return trail.flatMap(({ what, detail }) =>
    !ids.has(detail.intent)
      ? []
      : what === 'intent'
        ? [what]
        : what === 'outcome'
          ? [`${what} ${String(detail.kind)}`]
          : [],
  );
};
const activeOf = async (on: Rotating): Promise<string | undefined> =>
  (await shownBy(on.world, 'des-a')).activeKey?.keyUrl;
const open = async (on: Rotating) => (await on.incidents('des-a')).filter(({ state }) => state === 'open');

/** Has writes to sets refused until the function that it gives is called. */
const faulty =
  (answer: Fault['answer']) =>
  ({ world: { azure } }: Rotating): (() => void) =>
    azure.fault({ match: { identity: 'keeper', method: 'PATCH' }, answer });

function locked({ world: { azure } }: Rotating): () => void {
  const { resources } = azure.resourceManager;
  const id = `${setIdOf('des-a')}/providers/Microsoft.Authorization/locks/all`;
  resources.put({ ...{ id, name: 'all', type: 'Microsoft.Authorization/locks' }, properties: { level: 'ReadOnly' } });
  return () => resources.remove(id);
}

describe('a disk encryption set whose flag is off, on a key whose schedule says update', () => {
  test('is pointed at the new version once, recorded before it is sent, and followed without an alert', async () => {
    const on = await guarding();
    const version = await on.rotate();
    await on.minutes(4);
    expect(await activeOf(on)).toBe(urlOf('disk-a', version));
    expect(await recorded(on)).toEqual(['intent', 'outcome begun']);
    const intents = (await on.world.trail()).filter(({ what }) => what === 'intent');
    expect(intents).toMatchObject([
      { subject: { kind: 'key', vault: VAULT, key: 'disk-a' }, detail: { action: { kind: 'update-set', from: V1 } } },
    ]);
    expect(writes(on)).toMatchObject([{ action: RIGHT?.toLowerCase(), clientRequestId: intents[0]?.detail.intent }]);
    expect(await on.watched('des-a')).toMatchObject({ updated: { version } });
    await on.minutes(36);
    expect(await on.verdict('des-a')).toBe('followed');
    expect(writes(on)).toHaveLength(1);
    expect(await on.incidents('des-a')).toEqual([]);
    expect(on.world.failures).toEqual([]);
  });

  test('that is set back is alerted as reverted, not in the name of the guardian, and is not pointed at the version again', async () => {
    const on = await guarding();
    await on.rotate();
    await on.minutes(4);
    const by = { oid: on.world.azure.identities.get('keeper')?.oid ?? '' };
    await lookAtSets([setIdOf('des-a')], on.world.ports, { by, at: new Date() });
    await on.patch('des-a', { properties: { activeKey: { keyUrl: urlOf('disk-a', V1) } } });
    await on.minutes(30);
    expect(await on.verdict('des-a')).toBe('reverted');
    expect((await open(on)).map(({ reason, who }) => [reason, who])).toEqual([['reverted', undefined]]);
    expect(await activeOf(on)).toBe(urlOf('disk-a', V1));
    expect(writes(on)).toHaveLength(1);
  });

  test.each([
    [403, faulty({ kind: 'forbidden-by-permission' })],
    [409, locked],
    [429, faulty({ kind: 'throttled' })],
  ])(
    'that Azure refuses with %i is alerted with the command, and pointed at it at a later read',
    async (status, refuse) => {
      const on = await guarding({ behaviours: { rewrapMs: MINUTE_MS } });
      const allow = refuse(on);
      const version = await on.rotate();
      await on.minutes(4);
      const [refused] = await open(on);
      expect(refused).toMatchObject({ kind: 'set-not-followed', reason: 'not-rotating', audience: 'operators' });
      expect(refused?.summary).toMatch(
        new RegExp(
          `The guardian did not point it at that version: .+ ${status} .+\\. Its disks work as long as the older`,
        ),
      );
      expect(refused?.commands).toEqual([
        expect.stringMatching(/^az disk-encryption-set update --name des-a .+ --enable-auto-key-rotation true$/),
      ]);
      allow();
      await on.minutes(18);
      expect(await activeOf(on)).toBe(urlOf('disk-a', version));
      expect(writes(on).map((each) => each.status)).toEqual([status, 202]);
      expect(await open(on)).toEqual([]);
    },
  );

  test('is alerted with the reason where its key cannot be read, and is not written to', async () => {
    const on = await guarding();
    await on.rotate();
    const answer = { kind: 'forbidden-by-firewall' } as const;
    on.world.azure.fault({ match: { vault: VAULT, operation: 'get' }, answer });
    await on.minutes(4);
    expect((await open(on)).map(({ summary }) => summary)).toEqual([
      expect.stringContaining('did not point it at that version: the firewall of the vault refuses the guardian.'),
    ]);
    expect(writes(on)).toEqual([]);
  });

  test('waits for the end of a hold, of which operators are alerted', async () => {
    const on = await guarding();
    const version = await on.rotate();
    const hold = await on.world.hold({ vault: VAULT, key: 'disk-a' });
    await on.minutes(4);
    expect((await open(on)).map(({ summary }) => summary)).toEqual([
      expect.stringContaining('a hold stops every write'),
    ]);
    expect(writes(on)).toEqual([]);
    await on.world.hold({ ...hold, until: new Date() });
    await on.minutes(6);
    expect(await activeOf(on)).toBe(urlOf('disk-a', version));
  });

  test.each([
    ['in alert', policyOf({ mode: 'alert' }), OFF],
    ['for confidential machines', policyOf(), { encryptionType: 'ConfidentialVmEncryptedWithCustomerKey' }],
  ])('is only alerted with the command where it is %s', async (_says, policy, properties) => {
    const on = await rotating([{ name: 'des-a', properties }], { policy });
    await on.rotate();
    await on.minutes(10);
    expect((await open(on)).map(({ reason, commands }) => [reason, commands.length])).toEqual([['not-rotating', 1]]);
    expect(writes(on)).toEqual([]);
  });

  test.each([
    ['before the write is sent', 'before'],
    ['when Azure has taken the write', 'after'],
  ] as const)('is changed once where the execution ends %s: the set is read first', async (_says, when) => {
    let hasIntent = false;
    let isOver = false;
    const onStep = (step: Step): void => {
      if (step.name === 'intents.put' && step.when === 'after') hasIntent = true;
      if (!hasIntent || isOver || step.name !== 'management.sendRequest' || step.when !== when) return;
      isOver = true;
      throw new Error('the execution ends');
    };
    const on = await guarding({ onStep });
    const version = await on.rotate();
    await on.minutes(4);
    expect(isOver).toBe(true);
    expect(changes(on)).toBe(when === 'before' ? 0 : 1);
    await on.minutes(36);
    expect(changes(on)).toBe(1);
    expect(await activeOf(on)).toBe(urlOf('disk-a', version));
    expect(await recorded(on)).toEqual(
      when === 'before' ? ['intent', 'outcome unknown', 'intent', 'outcome begun'] : ['intent', 'outcome done'],
    );
    expect(await on.verdict('des-a')).toBe('followed');
    expect(await on.incidents('des-a')).toEqual([]);
  });
});
