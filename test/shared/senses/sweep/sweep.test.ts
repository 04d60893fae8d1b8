import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { readSweep } from '../../../../shared/register/vaults.ts';
import { sweep } from '../../../../shared/senses/sweep/sweep.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { seedKey } from '../../../simulation/end-state.ts';
import { createWorld, type World, type WorldOptions } from '../../../simulation/world.ts';

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}]), seedKey('disk-b', [{}])] }];

afterEach(resetClock);

/** A vault whose sweeps have been running for ten minutes. */
async function sweptWorld(more: Partial<WorldOptions> = {}): Promise<World> {
  stopAt();
  const world = await createWorld({ vaults, policy, ...more });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(120, 10);
  world.azure.clearLog();
  return world;
}

const alertsOf = (world: World, kind: string): readonly string[] =>
  world.alerts.filter(({ incident }) => incident.kind === kind).map(({ event }) => event);

const enabledIn = (world: World, key: string): readonly boolean[] => {
  const state = world.azure.state(VAULT, key);
  return state.kind === 'present' ? state.versions.map(({ enabled }) => enabled) : [];
};

/** Times of the passes, by their list of the vault's keys, without the challenges. */
const passes = (world: World): readonly Date[] =>
  world.azure.log
    .filter(({ operation, status, url }) => operation === 'list' && status === 200 && !url.includes('skiptoken'))
    .map(({ at }) => at);

describe('a vault that cannot be swept', () => {
  const refusals = [
    { answer: { kind: 'unreachable' }, says: 'unreachable' },
    { answer: { kind: 'throttled' }, says: 'throttled' },
    { answer: { kind: 'forbidden-by-permission' }, says: 'forbidden-by-permission' },
    { answer: { kind: 'forbidden-by-firewall' }, says: 'forbidden-by-firewall' },
    { answer: { kind: 'malformed', body: '{"value":' }, says: 'unreachable' },
  ] satisfies readonly { answer: Fault['answer']; says: string }[];

  test.each(refusals)(
    '($answer.kind) is blind: told once after two minutes with the reason, no key taken for absent, covered again by itself',
    async ({ answer, says }) => {
      const world = await sweptWorld();
      const end = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer });
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.as('attacker').delete(VAULT, 'disk-b');
      await world.pass(115, 5);
      expect(alertsOf(world, 'vault-blind')).toEqual([]);
      await world.pass(70, 5);
      const [blind] = await world.incidents(VAULT);
      expect(blind).toMatchObject({ kind: 'vault-blind', state: 'open', severity: 'critical' });
      expect(blind?.summary).toContain(says);
      await world.pass(1_200, 10);
      expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
      expect(world.alerts.length).toBe(1);
      expect(world.writes()).toEqual([]);

      end();
      await world.pass(65, 5);
      expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
      expect(enabledIn(world, 'disk-b')).toEqual([true]);
      expect(alertsOf(world, 'vault-blind')).toEqual(['opened', 'resolved']);
      expect(world.failures).toEqual([]);
    },
  );

  test('is told although a clock that was a day ahead noted since when', async () => {
    const world = await sweptWorld();
    const { vaults: table } = world.ports.tables;
    const standing = await readSweep(table, VAULT);
    const failing = { since: later(new Date(), DAY_MS), because: 'throttled' };
    await table.put('sweep', VAULT, { ...standing?.state, failing });
    world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'throttled' } });
    await world.pass(300, 5);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
  });

  test('in one list alone is blind all the same: what was read is not compared with what was not', async () => {
    const world = await sweptWorld();
    await world.as('attacker').delete(VAULT, 'disk-b');
    world.azure.fault({
      match: { vault: VAULT, operation: 'list-deleted' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await world.pass(900, 10);
    expect(await world.incidents(VAULT, 'disk-b')).toEqual([]);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
  });

  test('leaves the other vaults as they are', async () => {
    const two = [...vaults, { name: 'other-disks', keys: [seedKey('disk-c', [{}])] }];
    const world = await sweptWorld({
      vaults: two,
      policy: { vaults: [...policy.vaults, { name: 'other-disks', mode: 'block' }] },
    });
    world.azure.fault({ match: { vault: VAULT }, answer: { kind: 'forbidden-by-firewall' } });
    await world.as('attacker').disable('other-disks', 'disk-c');
    await world.pass(65, 5);
    expect(world.azure.state('other-disks', 'disk-c')).toMatchObject({ versions: [{ enabled: true }] });
  });

  test('that is in and out of reach is blind only while it lasts', async () => {
    const world = await sweptWorld();
    for (let time = 0; time < 5; time += 1) {
      const end = world.azure.fault({ match: { identity: 'watcher' }, answer: { kind: 'throttled' } });
      await world.pass(70, 5);
      end();
      await world.pass(65, 5);
    }
    expect(alertsOf(world, 'vault-blind')).toEqual([]);
  });
});

describe('a key of which a read is refused', () => {
  // A look reads the current version without naming it, so that it may see what a pass does not.
  test.each([
    { operation: 'list-versions', told: ['opened'], ends: ['opened', 'resolved'] },
    { operation: 'get-version', told: [], ends: [] },
  ] as const)('($operation) costs the sight of no other, and its own look tells', async ({ operation, told, ends }) => {
    const world = await sweptWorld();
    const end = world.azure.fault({
      match: { vault: VAULT, key: 'disk-a', operation },
      answer: { kind: 'internal-error' },
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.pass(65, 5);
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    await world.pass(600, 10);
    expect(alertsOf(world, 'key-unreadable')).toEqual(told);
    expect(alertsOf(world, 'vault-blind')).toEqual([]);
    expect(alertsOf(world, 'inspections-stalled')).toEqual([]);

    end();
    await world.pass(125, 5);
    expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
    expect(alertsOf(world, 'key-unreadable')).toEqual(ends);
    expect(world.failures).toEqual([]);
  });

  test.each([
    { where: 'each of its keys is refused', match: {}, answer: { kind: 'internal-error' } },
    { where: 'the vault is throttled', match: { key: 'disk-a' }, answer: { kind: 'throttled' } },
  ] as const)('leaves the vault blind where $where', async ({ match, answer }) => {
    const keys = ['disk-a', 'disk-b'].map((key) => seedKey(key, [{}, {}]));
    const world = await sweptWorld({ vaults: [{ name: VAULT, keys }] });
    world.azure.fault({ match: { vault: VAULT, operation: 'list-versions', ...match }, answer });
    await world.pass(600, 10);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
    expect(alertsOf(world, 'key-unreadable')).toEqual([]);
    expect(world.failures).toEqual([]);
  });
});

describe('a look that ended before people were told', () => {
  test.each(['alerts', 'incidents', 'holds'])(
    'for minutes, because %s refused, is made up for although the key is good again',
    async (place) => {
      let written = (): boolean => false;
      let away = true;
      const world = await sweptWorld({
        onStorage(name) {
          if (away && name.startsWith(`${place}.`) && written()) throw new Error('it is away');
        },
      });
      written = () => world.changes() > 0;
      await world.as('attacker').disable(VAULT, 'disk-b');
      await world.pass(360, 1);
      expect(enabledIn(world, 'disk-b')).toEqual([true]);
      expect(alertsOf(world, 'version-disabled')).toEqual([]);

      away = false;
      await world.pass(90, 5);
      expect(alertsOf(world, 'version-disabled')).toEqual(['opened', 'resolved']);
      expect(await world.ports.tables.claims.list()).toEqual([]);
      world.azure.clearLog();
      await world.pass(120, 5);
      expect(world.writes()).toEqual([]);
    },
  );
});

describe('a pass that does not come to its end', () => {
  test('time after time leaves the vault blind: told after three, and covered again when one ends', async () => {
    let gone = false;
    const world = await sweptWorld({
      onStep({ name }) {
        if (gone && name === 'keys.list') throw new Error('the process is gone');
      },
    });
    gone = true;
    await world.pass(175, 5);
    expect(alertsOf(world, 'vault-blind')).toEqual([]);
    await world.pass(600, 10);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
    gone = false;
    await world.pass(60, 5);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened', 'resolved']);
  });

  test('because storage fails in the middle of it is told likewise', async () => {
    let failing = false;
    const world = await sweptWorld({
      onStorage(name) {
        if (failing && name === 'keys.list') throw new Error('the table is away');
      },
    });
    failing = true;
    await world.pass(300, 10);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened']);
    failing = false;
    await world.pass(60, 5);
    expect(alertsOf(world, 'vault-blind')).toEqual(['opened', 'resolved']);
  });
});

describe('the trail behind', () => {
  test('is told of each vault, and ends for each when the trail has caught up', async () => {
    let down = false;
    const world = await sweptWorld({
      vaults: [...vaults, { name: 'other-disks', keys: [seedKey('disk-c', [{}])] }],
      policy: { vaults: [...policy.vaults, { name: 'other-disks', mode: 'block' }] },
      onStorage(name) {
        if (down && name.startsWith('trail.')) throw new Error('the storage of the trail is down');
      },
    });
    down = true;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').disable('other-disks', 'disk-c');
    await world.pass(180, 5);
    expect(alertsOf(world, 'trail-behind')).toEqual(['opened', 'opened']);
    down = false;
    await world.pass(125, 5);
    expect(alertsOf(world, 'trail-behind')).toEqual(['opened', 'opened', 'resolved', 'resolved']);
  });
});

describe('a chain of passes', () => {
  test('goes on each minute while the timer is dead, and undoes within a minute', async () => {
    const world = await sweptWorld();
    await world.pass(3_000, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    await world.pass(60, 5);
    expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    await world.pass(540, 10);
    expect(passes(world).length).toBeGreaterThanOrEqual(59);
    expect(passes(world).length).toBeLessThanOrEqual(61);
    expect(alertsOf(world, 'sweep-replanted')).toEqual([]);
  });

  test('outlives a pass that ends anywhere after the next one is planned', async () => {
    const names: string[] = [];
    let watching = false;
    let endAt = Number.POSITIVE_INFINITY;
    const world = await sweptWorld({
      onStep({ name, when }) {
        if (!watching) return;
        names.push(`${name} ${when}`);
        if (names.length === endAt) throw new Error('the process is gone');
      },
    });
    watching = true;
    await world.pass(60, 5);
    const planned = names.indexOf('sweeps.send after') + 1;
    const calls = names.length;
    expect(planned).toBeGreaterThan(0);
    for (endAt = planned; endAt <= calls; endAt += 1) {
      names.length = 0;
      await world.pass(60, 5);
      expect(names.length).toBeGreaterThanOrEqual(endAt);
      const before = passes(world).length;
      await world.pass(60, 5);
      expect(passes(world).length - before).toBeGreaterThanOrEqual(1);
    }
    expect(world.failures).toEqual([]);
  });

  test('that ended between being planned and being queued is taken up again by the sentry', async () => {
    let end = false;
    const world = await sweptWorld({
      onStep({ name, when }) {
        if (!end || name !== 'sweeps.send' || when === 'after') return;
        end = false;
        throw new Error('the process is gone');
      },
    });
    end = true;
    await world.pass(60, 5);
    expect(end).toBe(false);
    const before = passes(world).length;
    await world.pass(95, 5);
    expect(passes(world).length).toBe(before);
    await world.sentry();
    expect(passes(world).length).toBe(before + 1);
  });

  test('drops a message of another chain, and one that is delivered again', async () => {
    const world = await sweptWorld();
    const { tables, queues } = world.ports;
    const row = await tables.vaults.get('sweep', VAULT);
    await queues.sweeps.send({ vault: VAULT, token: 'of another chain' });
    await world.settle();
    expect(passes(world)).toEqual([]);
    expect((await tables.vaults.get('sweep', VAULT))?.etag).toBe(row?.etag);

    const token = String(Object.entries(row?.data ?? {}).find(([name]) => name === 'token')?.[1]);
    await Promise.all([1, 2, 3].map(() => sweep({ vault: VAULT, token }, world.ports)));
    await sweep({ vault: VAULT, token }, world.ports);
    expect(passes(world).length).toBe(1);
    await world.pass(60, 5);
    expect(passes(world).length).toBe(2);
  });

  test('ends for a vault that the policy does not name any more', async () => {
    const world = await sweptWorld({
      vaults: [...vaults, { name: 'other-disks' }],
      policy: { vaults: [...policy.vaults, { name: 'other-disks', mode: 'block' }] },
    });
    world.changePolicy({ vaults: [{ name: 'other-disks', mode: 'block' }] });
    await world.pass(300, 10);
    expect(world.azure.log.filter(({ vault }) => vault === VAULT).length).toBe(0);
  });
});

describe('the lists of a vault', () => {
  test('with empty pages that have a next link hide no key and make none absent', async () => {
    const many = Array.from({ length: 60 }, (_, at) => seedKey(`disk-${at}`, [{}]));
    const world = await sweptWorld({ vaults: [{ name: VAULT, keys: many }], behaviours: { emptyPages: 0.5 } });
    await world.as('attacker').disable(VAULT, 'disk-59');
    await world.pass(600, 10);
    expect(enabledIn(world, 'disk-59')).toEqual([true]);
    expect(world.alerts.map(({ event, incident }) => `${incident.kind} ${event}`)).toEqual([
      'version-disabled opened',
      'version-disabled resolved',
    ]);
  });
});

describe('inspections that nobody takes', () => {
  /** So many passes, a minute apart, while the messages of the inspections lie there. */
  async function passesAlone(world: World, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      turnClock(MINUTE_MS);
      const standing = await readSweep(world.ports.tables.vaults, VAULT);
      await sweep({ vault: VAULT, token: standing?.state.token ?? '' }, world.ports);
    }
  }
  const stalled = async (world: World) =>
    (await world.incidents(VAULT)).filter(({ kind }) => kind === 'inspections-stalled');

  test('are told of once a key has differed for two minutes and nobody has looked, and good again once somebody has', async () => {
    const world = await sweptWorld();
    await world.as('attacker').disable(VAULT, 'disk-b');
    await passesAlone(world, 2);
    expect(await stalled(world)).toEqual([]);
    await passesAlone(world, 1);
    const [incident] = await stalled(world);
    expect(incident).toMatchObject({ state: 'open', severity: 'critical' });
    expect(incident?.summary).toContain('Nobody has looked at prod-disks/disk-b since');
    await passesAlone(world, 10);
    expect(await stalled(world)).toHaveLength(1);

    await world.settle();
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    await world.pass(70, 5);
    expect(await stalled(world)).toMatchObject([{ state: 'resolved' }]);
    expect(alertsOf(world, 'inspections-stalled')).toEqual(['opened', 'resolved']);
  });

  test('are told of although a clock that was a day ahead noted since when a key differs', async () => {
    const world = await sweptWorld();
    const { vaults: table, keys } = world.ports.tables;
    const standing = await readSweep(table, VAULT);
    const etag = (await keys.get(VAULT, 'disk-b'))?.etag ?? '';
    const unanswered = { key: 'disk-b', etag, since: later(new Date(), DAY_MS) };
    await table.put('sweep', VAULT, { ...standing?.state, unanswered });
    await world.as('attacker').disable(VAULT, 'disk-b');
    await passesAlone(world, 3);
    expect(await stalled(world)).toMatchObject([{ state: 'open' }]);
  });

  test('are not taken for stalled where keys differ for hours and are looked at: in alert, refused, contested', async () => {
    const world = await sweptWorld({ policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.as('attacker').delete(VAULT, 'disk-a');
    const end = world.azure.fault({
      match: { vault: VAULT, identity: 'watcher', operation: 'get' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await world.pass(3_600, 10);
    end();
    await world.pass(3_600, 10);
    expect(alertsOf(world, 'inspections-stalled')).toEqual([]);
  });
});

describe('a key that is refused while the others are seen', () => {
  /** A swept vault in block whose first key does not list its versions; what ends that. */
  async function refusing(keys: readonly string[], mode = 'block') {
    stopAt();
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: keys.map((name) => seedKey(name, [{}, {}])) }],
      policy: { vaults: [{ name: VAULT, mode }] },
    });
    await world.pass(600, 600);
    await world.sentry();
    await world.pass(120, 10);
    const refuse = (key: string) =>
      world.azure.fault({
        match: { vault: VAULT, key, operation: 'list-versions', identity: 'watcher' },
        answer: { kind: 'internal-error' },
      });
    return { world, refuse };
  }

  test('counts for the mass brake as it was seen last: the brake does not open because it cannot be read', async () => {
    const keys = Array.from({ length: 30 }, (_, nth) => `disk-${nth}`);
    const { world, refuse } = await refusing(keys, 'alert');
    for (const key of keys.slice(0, 25)) await world.as('attacker').disable(VAULT, key);
    await world.pass(70, 10);
    world.changePolicy({ vaults: [{ name: VAULT, mode: 'block' }] });
    await world.pass(70, 10);
    for (const key of keys.slice(0, 6)) refuse(key);
    await world.pass(130, 10);
    expect(world.changes()).toBe(0);
    expect((await world.incidents(VAULT)).filter(({ kind }) => kind === 'mass-brake')).toMatchObject([
      { state: 'open' },
    ]);
  });

  test('was not seen by the pass: what was approved of it meanwhile is not undone', async () => {
    const { world, refuse } = await refusing(['disk-a', 'disk-b']);
    const until = new Date(Date.now() + 300_000);
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until });
    const end = refuse('disk-a');
    await world.pass(60, 5);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(630, 5);
    await world.as('owner').tag(VAULT, 'disk-a');
    end();
    await world.pass(130, 5);
    expect(world.changes()).toBe(0);
  });

  test.each(['disable', 'delete'] as const)('hides no %s of the only other one', async (act) => {
    const { world, refuse } = await refusing(['disk-a', 'disk-b']);
    refuse('disk-a');
    await world.as('attacker')[act](VAULT, 'disk-b');
    await world.pass(130, 10);
    expect(world.azure.state(VAULT, 'disk-b')).toMatchObject({
      kind: 'present',
      versions: [{ enabled: true }, { enabled: true }],
    });
  });
});

test('what cannot be told keeps nothing of a vault from being undone', async () => {
  stopAt();
  let isAway = false;
  const world = await createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}]), seedKey('disk-b', [{}])] }],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    onStorage(name) {
      if (isAway && name.startsWith('set-aside.')) throw new Error('it is away');
    },
  });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(120, 10);
  isAway = true;
  await world.ports.tables.keys.put(VAULT, 'disk-b', 'no record of a key');
  await world.as('attacker').delete(VAULT, 'disk-a');
  await world.pass(130, 10);
  expect(world.azure.state(VAULT, 'disk-a').kind).toBe('present');
});
