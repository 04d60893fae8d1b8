import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../../../local/azure/types.ts';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import type { SweepState } from '../../../../shared/domain/register.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../../shared/domain/time.ts';
import type { VaultReads } from '../../../../shared/domain/vault.ts';
import type { Ports } from '../../../../shared/ports.ts';
import { readSweep } from '../../../../shared/register/vaults.ts';
import { sweep } from '../../../../shared/senses/sweep/sweep.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { seedKey } from '../../../simulation/end-state.ts';
import { createWorld, nextSweep, type World, type WorldOptions } from '../../../simulation/world.ts';

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

/** Changes how the sweeping of the vault stands, as if it had been noted so. */
const changeSweep = ({ ports }: World, change: Partial<SweepState>): Promise<unknown> =>
  ports.tables.sweeps.change('sweep', VAULT, (standing) => {
    if (standing === undefined) throw new Error('The vault is not swept.');
    return { ...standing, ...change };
  });

/** What was told of a rule, a kind, or a reason. */
const alertsOf = (world: World, what: string): readonly string[] =>
  world.alerts.filter(({ incident: { kind, reason } }) => (reason ?? kind) === what).map(({ event }) => event);

const enabledIn = (world: World, key: string): readonly boolean[] => {
  const state = world.azure.state(VAULT, key);
  return state.kind === 'present' ? state.versions.map(({ enabled }) => enabled) : [];
};

/** Times of the sweeps, by their list of the vault's keys, without the challenges. */
const sweeps = (world: World): readonly Date[] =>
  world.azure.log
    .filter(({ operation, status, url }) => operation === 'list' && status === 200 && !url.includes('skiptoken'))
    .map(({ at }) => at);

describe('a vault that cannot be swept', () => {
  const refusals = [
    { answer: { kind: 'unreachable' }, says: 'the vault does not answer' },
    { answer: { kind: 'throttled' }, says: 'the vault is throttled' },
    { answer: { kind: 'forbidden-by-permission' }, says: 'has no permission to read' },
    { answer: { kind: 'forbidden-by-firewall' }, says: 'the firewall of the vault refuses' },
    { answer: { kind: 'malformed', body: '{"value":' }, says: 'the vault does not answer' },
  ] satisfies readonly { answer: Fault['answer']; says: string }[];

  test.each(refusals)(
    '($answer.kind) is blind: told once after two minutes with the reason, no key taken for absent, covered again by itself',
    async ({ answer, says }) => {
      const world = await sweptWorld();
      const end = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer });
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.as('attacker').delete(VAULT, 'disk-b');
      await world.pass(115, 5);
      expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
      await world.pass(70, 5);
      const [blind] = await world.incidents(VAULT);
      expect(blind).toMatchObject({
        kind: 'guardian-blind',
        reason: 'vault-unreadable',
        state: 'open',
        severity: 'critical',
      });
      expect(blind?.summary).toContain(says);
      await world.pass(1_200, 10);
      expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened']);
      expect(world.alerts.length).toBe(1);
      expect(world.writes()).toEqual([]);

      end();
      await world.pass(65, 5);
      expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
      expect(enabledIn(world, 'disk-b')).toEqual([true]);
      expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened', 'resolved']);
      expect(world.failures).toEqual([]);
    },
  );

  test('is told although a clock that was a day ahead noted since when', async () => {
    const world = await sweptWorld();
    await changeSweep(world, { failing: { since: later(new Date(), DAY_MS), because: 'throttled' } });
    world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'throttled' } });
    await world.pass(300, 5);
    expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened']);
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
    expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened']);
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
    expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
  });
});

describe('a key of which a read is refused', () => {
  // An inspection reads the current version without naming it, so that it may see what a sweep does not.
  test.each([
    { operation: 'list-versions', told: ['opened'], ends: ['opened', 'resolved'] },
    { operation: 'get-version', told: [], ends: [] },
  ] as const)(
    '($operation) costs the sight of no other, and its own inspection tells',
    async ({ operation, told, ends }) => {
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
      expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
      expect(alertsOf(world, 'not-inspected')).toEqual([]);

      end();
      await world.pass(125, 5);
      expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
      expect(alertsOf(world, 'key-unreadable')).toEqual(ends);
      expect(world.failures).toEqual([]);
    },
  );

  test.each([
    { where: 'each of its keys is refused', match: {}, answer: { kind: 'internal-error' } },
    { where: 'the vault is throttled', match: { key: 'disk-a' }, answer: { kind: 'throttled' } },
  ] as const)('leaves the vault blind where $where', async ({ match, answer }) => {
    const keys = ['disk-a', 'disk-b'].map((key) => seedKey(key, [{}, {}]));
    const world = await sweptWorld({ vaults: [{ name: VAULT, keys }] });
    world.azure.fault({ match: { vault: VAULT, operation: 'list-versions', ...match }, answer });
    await world.pass(600, 10);
    expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened']);
    expect(alertsOf(world, 'key-unreadable')).toEqual([]);
    expect(world.failures).toEqual([]);
  });
});

test('what the lists of a throttled vault show is undone all the same', async () => {
  const world = await sweptWorld({
    vaults: [{ name: VAULT, keys: ['disk-a', 'disk-b'].map((key) => seedKey(key, [{}, {}])) }],
  });
  world.azure.fault({
    match: { vault: VAULT, key: 'disk-b', identity: 'watcher', operation: 'list-versions' },
    answer: { kind: 'throttled' },
  });
  await world.as('attacker').delete(VAULT, 'disk-a');
  await world.pass(180, 10);
  expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
});

describe('an inspection that ended before people were told', () => {
  test.each(['outbox', 'incidents', 'holds'])(
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
      expect(alertsOf(world, 'version-disabled')).toEqual(['resolved']);
      expect(await world.tables.claims.list()).toEqual([]);
      world.azure.clearLog();
      await world.pass(120, 5);
      expect(world.writes()).toEqual([]);
    },
  );
});

describe('a sweep that does not come to its end', () => {
  test('time after time leaves the vault blind: told after three, and covered again when one ends', async () => {
    let gone = false;
    const world = await sweptWorld({
      onStep({ name }) {
        if (gone && name === 'keys.list') throw new Error('the process is gone');
      },
    });
    gone = true;
    await world.pass(175, 5);
    expect(alertsOf(world, 'vault-unreadable')).toEqual([]);
    await world.pass(600, 10);
    // The sender of the alert ends with the sweep beside it, and another one sends it again.
    expect(new Set(alertsOf(world, 'vault-unreadable'))).toEqual(new Set(['opened']));
    gone = false;
    await world.pass(60, 5);
    expect(new Set(alertsOf(world, 'vault-unreadable'))).toEqual(new Set(['opened', 'resolved']));
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
    expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened']);
    failing = false;
    await world.pass(60, 5);
    expect(alertsOf(world, 'vault-unreadable')).toEqual(['opened', 'resolved']);
  });
});

describe('a trail that is spooled', () => {
  test('is told of each vault, and ends for each when its records were replayed', async () => {
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
    expect(alertsOf(world, 'trail-spooled')).toEqual(['opened', 'opened']);
    down = false;
    await world.pass(125, 5);
    expect(alertsOf(world, 'trail-spooled')).toEqual(['opened', 'opened', 'resolved', 'resolved']);
  });
});

describe('sweeps that are planned', () => {
  test('goes on each minute while the timer is dead, and undoes within a minute', async () => {
    const world = await sweptWorld();
    await world.pass(3_000, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    await world.pass(60, 5);
    expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    await world.pass(540, 10);
    expect(sweeps(world).length).toBeGreaterThanOrEqual(59);
    expect(sweeps(world).length).toBeLessThanOrEqual(61);
    expect(alertsOf(world, 'sentry-silent')).toEqual([]);
  });

  test('come again within a minute after a sweep or a tick that is killed anywhere, with the timer dead', async () => {
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
    world.killTimer();
    watching = true;
    await world.pass(60, 5);
    const calls = names.length;
    for (endAt = 1; endAt <= calls; endAt += 1) {
      names.length = 0;
      await world.pass(60, 5);
      expect(names.length).toBeGreaterThanOrEqual(endAt);
      const before = sweeps(world).length;
      await world.pass(60, 5);
      expect(sweeps(world).length - before, `${names[endAt - 1]}, call ${endAt}`).toBeGreaterThanOrEqual(1);
    }
    expect(world.failures).toEqual([]);
  });

  test('drops a message of an older generation, and one that is delivered again', async () => {
    const world = await sweptWorld();
    const message = await nextSweep(world, VAULT);
    const standing = await readSweep(world.ports.tables, VAULT);
    await sweep({ ...message, generation: standing?.value.startedGeneration ?? 0 }, world.ports);
    expect(sweeps(world)).toEqual([]);
    expect((await readSweep(world.ports.tables, VAULT))?.row.etag).toBe(standing?.row.etag);

    await Promise.all([1, 2, 3].map(() => sweep(message, world.ports)));
    await sweep(message, world.ports);
    expect(sweeps(world).length).toBe(1);
    await world.pass(60, 5);
    expect(sweeps(world).length).toBe(2);
  });

  test.each([
    ['that reads for minutes goes on, and no other one runs beside it', 55, 0],
    ['that is killed at once is taken to be running for less than a minute', 0, 1],
    ['that is killed after 25 s is taken to be running for less than a minute', 25, 1],
  ])('%s', async (_, aliveSeconds, others) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const world = await sweptWorld();
      const read = Promise.withResolvers<void>();
      const slow: Ports = Object.create(world.ports, {
        reads: {
          value: (vault: string): VaultReads => ({
            ...world.ports.reads(vault),
            async listKeys() {
              await read.promise;
              return world.ports.reads(vault).listKeys();
            },
          }),
        },
      });
      const running = sweep(await nextSweep(world, VAULT), slow);
      const progress = async () => (await readSweep(world.ports.tables, VAULT))?.value;
      while ((await progress())?.runningUntil === undefined);
      for (let passed = 0; passed < 55; passed += 5) {
        turnClock(5_000);
        if (passed < aliveSeconds) await vi.advanceTimersByTimeAsync(5_000);
      }
      await sweep(await nextSweep(world, VAULT), world.ports);
      expect(sweeps(world).length).toBe(others);
      if (others > 0) return;
      read.resolve();
      await running;
      expect(await progress()).not.toHaveProperty('runningUntil');
      await sweep(await nextSweep(world, VAULT), world.ports);
      expect(sweeps(world).length).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['noted by a clock that is twenty seconds ahead: no other one', 50_000, 0],
    ['noted by a clock that was a day ahead: another one', DAY_MS, 1],
  ])('of which one is running, as %s begins', async (_, untilMs, others) => {
    const world = await sweptWorld();
    await changeSweep(world, { runningUntil: later(new Date(), untilMs) });
    await sweep(await nextSweep(world, VAULT), world.ports);
    expect(sweeps(world).length).toBe(others);
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
      'version-disabled resolved',
    ]);
  });
});

describe('inspections that nobody takes', () => {
  /** So many sweeps, a minute apart, while the messages of the inspections lie there. */
  async function sweepsAlone(world: World, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      turnClock(MINUTE_MS);
      await sweep(await nextSweep(world, VAULT), world.ports);
    }
  }
  const notInspected = async (world: World) =>
    (await world.incidents(VAULT)).filter(({ reason }) => reason === 'not-inspected');

  test('are told of once a key has differed for two minutes and nobody has inspected it, and good again once somebody has', async () => {
    const world = await sweptWorld();
    await world.as('attacker').disable(VAULT, 'disk-b');
    await sweepsAlone(world, 2);
    expect(await notInspected(world)).toEqual([]);
    await sweepsAlone(world, 1);
    const [incident] = await notInspected(world);
    expect(incident).toMatchObject({ state: 'open', severity: 'critical' });
    expect(incident?.summary).toContain('Nobody has inspected prod-disks/disk-b since');
    await sweepsAlone(world, 10);
    expect(await notInspected(world)).toHaveLength(1);

    await world.settle();
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    await world.pass(70, 5);
    expect(await notInspected(world)).toMatchObject([{ state: 'resolved' }]);
    expect(alertsOf(world, 'not-inspected')).toEqual(['opened', 'resolved']);
  });

  test('are told of although a clock that was a day ahead noted since when a key differs', async () => {
    const world = await sweptWorld();
    const etag = (await world.ports.tables.keys.get(VAULT, 'disk-b'))?.row.etag ?? '';
    await changeSweep(world, { differing: { 'disk-b': { etag, etagSince: later(new Date(), DAY_MS) } } });
    await world.as('attacker').disable(VAULT, 'disk-b');
    await sweepsAlone(world, 3);
    expect(await notInspected(world)).toMatchObject([{ state: 'open' }]);
  });

  test('are not what is wrong where keys differ for hours and are inspected: in alert, refused, flapping', async () => {
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
    expect(alertsOf(world, 'not-inspected')).toEqual([]);
  });
});

describe('a key that is refused while the others are seen', () => {
  /** A swept vault in block whose first key does not list its versions; what ends that. */
  async function refusing(keys: readonly string[]) {
    stopAt();
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: keys.map((name) => seedKey(name, [{}, {}])) }],
      policy,
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

  test('was not observed by the sweep: what was approved of it meanwhile is not undone', async () => {
    const { world, refuse } = await refusing(['disk-a', 'disk-b']);
    const until = new Date(Date.now() + 300_000);
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], until });
    const end = refuse('disk-a');
    await world.pass(60, 5);
    await world.as('owner').disable(VAULT, 'disk-a');
    // The window is over by then; less than ten minutes are since it was last observed otherwise.
    await world.pass(420, 5);
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
      if (isAway && name.startsWith('quarantine.')) throw new Error('it is away');
    },
  });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(120, 10);
  isAway = true;
  await world.tables.keys.put(VAULT, 'disk-b', 'no record of a key');
  await world.as('attacker').delete(VAULT, 'disk-a');
  await world.pass(130, 10);
  expect(world.azure.state(VAULT, 'disk-a').kind).toBe('present');
});
