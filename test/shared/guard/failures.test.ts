import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../local/azure/types.ts';
import { resetClock } from '../../../local/clock.ts';
import type { AuditRecord } from '../../../shared/domain/audit-record.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { currentOf } from '../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}]), seedKey('disk-b', [{}])] }];

afterEach(resetClock);

async function worldWith(more: Partial<WorldOptions> = {}): Promise<World> {
  stopAt();
  const world = await createWorld({ vaults, policy, ...more });
  // Ten quiet minutes: the reads of the baseline have settled.
  await world.pass(600, 600);
  return world;
}

const enabledIn = (world: World, key = 'disk-a'): readonly boolean[] => {
  const state = world.azure.state(VAULT, key);
  return state.kind === 'present' ? state.versions.map(({ enabled }) => enabled) : [];
};

const kindsOf = async (world: World, key?: string): Promise<readonly string[]> =>
  (await world.incidents(VAULT, key))
    .map(({ kind, reason, state }) => `${kind}${reason === undefined ? '' : `: ${reason}`} ${state}`)
    .toSorted();

/** @param of a kind, or one of its reasons */
const alertsOf = (world: World, of: string): readonly string[] =>
  world.alerts.filter(({ incident: { kind, reason } }) => kind === of || reason === of).map(({ event }) => event);

/** Passes minutes with the sentry at work. */
async function minutes(world: World, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await world.pass(60, 5);
    await world.sentry();
  }
}

/** Patches that reached the vault. */
const patches = (world: World) =>
  world.writes().filter(({ operation, status }) => operation === 'update' && status < 400);

describe('a key that cannot be read', () => {
  test('makes no more messages, however often others are refused it; people are alerted when it can be read', async () => {
    const world = await worldWith();
    await world.sentry();
    const { version } = currentOf(world, VAULT, 'disk-a');
    const disk = { match: { vault: VAULT, identity: 'owner', operation: 'unwrapkey' } } as const;
    const lift = [
      world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'forbidden-by-firewall' } }),
      world.azure.fault({ ...disk, answer: { kind: 'forbidden-by-permission' } }),
    ];
    const inspectionsIn = async (seconds: number): Promise<number> => {
      world.azure.clearLog();
      for (let passed = 0; passed < seconds; passed += 10) {
        await expect(world.as('owner').wrapAndUnwrap(VAULT, 'disk-a', version)).rejects.toMatchObject({
          statusCode: 403,
        });
        await world.audit();
        await world.pass(10, 1);
      }
      return world.azure.log.filter(({ identity, operation }) => identity === 'watcher' && operation === 'get-deleted')
        .length;
    };
    await inspectionsIn(120);
    const [early, late] = [await inspectionsIn(120), await inspectionsIn(120)];
    expect(late).toBeLessThanOrEqual(early + 2);
    expect(await kindsOf(world, 'disk-a')).toEqual(['guardian-blind: key-unreadable open']);
    for (const each of lift) each();
    await world.pass(130);
    expect(await kindsOf(world, 'disk-a')).toEqual(['access-refused open', 'guardian-blind: key-unreadable resolved']);
  });

  const refusals = [
    { says: 'the vault does not answer', answer: { kind: 'unreachable' } },
    { says: 'the vault does not answer', answer: { kind: 'internal-error' } },
    { says: 'the vault does not answer', answer: { kind: 'malformed', body: '{"value":' } },
    { says: 'the vault is throttled', answer: { kind: 'throttled' } },
    { says: 'has no permission to read', answer: { kind: 'forbidden-by-permission' } },
    { says: 'the firewall of the vault refuses', answer: { kind: 'forbidden-by-firewall' } },
  ] satisfies readonly { says: string; answer: Fault['answer'] }[];

  test.each(refusals)(
    '($answer.kind) is alerted once after two minutes, never as absent, and undone when it has passed',
    async ({ says, answer }) => {
      const world = await worldWith();
      await world.as('attacker').disable(VAULT, 'disk-a');
      const passes = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer });
      await world.wake(VAULT, 'disk-a');
      await world.pass(110, 5);
      expect(await kindsOf(world, 'disk-a')).toEqual([]);

      await world.pass(120, 5);
      const [incident] = await world.incidents(VAULT, 'disk-a');
      expect(incident).toMatchObject({ kind: 'guardian-blind', reason: 'key-unreadable', state: 'open' });
      expect(incident?.summary).toContain(says);
      expect(alertsOf(world, 'key-unreadable')).toEqual(['opened']);
      await world.pass(600, 10);
      expect(await kindsOf(world, 'disk-a')).toEqual(['guardian-blind: key-unreadable open']);
      expect(alertsOf(world, 'key-unreadable')).toEqual(['opened']);
      expect(world.writes()).toEqual([]);

      passes();
      await world.pass(70, 5);
      expect(enabledIn(world)).toEqual([true, true]);
      expect(world.changes()).toBe(1);
      expect(await kindsOf(world, 'disk-a')).toEqual([
        'guardian-blind: key-unreadable resolved',
        'version-disabled resolved',
      ]);
      expect(alertsOf(world, 'key-unreadable')).toEqual(['opened', 'resolved']);
      expect(world.failures).toEqual([]);
    },
  );

  test('a deleted key whose deleted side alone is refused is not taken for gone', async () => {
    const world = await worldWith();
    await world.as('attacker').delete(VAULT, 'disk-a');
    world.azure.fault({
      match: { vault: VAULT, operation: 'get-deleted' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await world.wake(VAULT, 'disk-a');
    await world.pass(900, 10);
    expect(await kindsOf(world, 'disk-a')).toEqual(['guardian-blind: key-unreadable open']);
    world.azure.clearFaults();
    await world.pass(70, 5);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('present');
  });

  test('who did it, heard while the key cannot be read, is in the trail once and named when it can', async () => {
    const world = await worldWith();
    await world.as('attacker').disable(VAULT, 'disk-a');
    const passes = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'throttled' } });
    await world.audit();
    await world.pass(180, 5);
    passes();
    await world.pass(70, 5);
    const acts = (await world.trail()).filter(
      ({ what, detail }) => what === 'hint' && JSON.stringify(detail).includes('KeyUpdate'),
    );
    expect(acts.length).toBe(1);
    const disabled = (await world.incidents(VAULT, 'disk-a')).find(({ kind }) => kind === 'version-disabled');
    expect(disabled?.who?.oid).toBe(world.azure.identities.get('attacker')?.oid);
  });
});

describe('a key that cannot be put right', () => {
  const refusals = [
    { says: 'read-only', answer: { kind: 'read-only' } },
    { says: 'throttled', answer: { kind: 'throttled' } },
    { says: 'forbidden-by-permission', answer: { kind: 'forbidden-by-permission' } },
    { says: 'forbidden-by-firewall', answer: { kind: 'forbidden-by-firewall' } },
    { says: 'gave no answer', answer: { kind: 'unreachable' } },
    { says: 'conflict', answer: { kind: 'conflict' } },
  ] satisfies readonly { says: string; answer: Fault['answer'] }[];

  test.each(refusals)(
    '($answer.kind) is alerted at once as bad, once after two minutes as refused, and undone when it has passed',
    async ({ says, answer }) => {
      const world = await worldWith();
      await world.as('attacker').disable(VAULT, 'disk-a');
      const passes = world.azure.fault({ match: { vault: VAULT, identity: 'keeper' }, answer });
      await world.sentry();
      const [bad] = await world.incidents(VAULT, 'disk-a');
      expect(bad).toMatchObject({ kind: 'version-disabled', state: 'open' });
      expect(bad?.judgement).toContain('undoing, not done yet');

      await minutes(world, 5);
      expect(await kindsOf(world, 'disk-a')).toEqual(['undo-refused open', 'version-disabled open']);
      const refused = (await world.incidents(VAULT, 'disk-a')).find((one) => one.kind === 'undo-refused');
      expect(refused?.summary).toContain(says);
      expect(bad?.deadline).toBeInstanceOf(Date);
      expect([refused?.deadline, refused?.hangs]).toEqual([bad?.deadline, bad?.hangs]);
      expect(alertsOf(world, 'undo-refused')).toEqual(['opened']);
      expect(await kindsOf(world)).toEqual([]);
      expect(world.changes()).toBe(0);

      passes();
      await minutes(world, 2);
      expect(enabledIn(world)).toEqual([true, true]);
      expect(world.changes()).toBe(1);
      expect(await kindsOf(world, 'disk-a')).toEqual(['undo-refused resolved', 'version-disabled resolved']);
      expect(alertsOf(world, 'undo-refused')).toEqual(['opened', 'resolved']);
      expect(world.failures).toEqual([]);
    },
  );

  test('a failure that passes within two minutes is not alerted as one', async () => {
    const world = await worldWith();
    await world.as('attacker').disable(VAULT, 'disk-a');
    world.azure.fault({ match: { identity: 'keeper' }, answer: { kind: 'throttled' }, times: 3 });
    await world.sentry();
    await world.pass(20);
    expect(enabledIn(world)).toEqual([true, true]);
    expect(await kindsOf(world, 'disk-a')).toEqual(['version-disabled resolved']);
  });

  test('a vault that fails over while a key is deleted gives it back when it can be written again', async () => {
    const world = await worldWith();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-a');
    const passes = world.azure.fault({ match: { vault: VAULT }, answer: { kind: 'read-only' } });
    await world.sentry();
    await minutes(world, 10);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    passes();
    await minutes(world, 3);
    expect(enabledIn(world)).toEqual([true, true]);
    expect(world.changes()).toBe(2);
    expect(await kindsOf(world, 'disk-a')).toEqual([
      'key-deleted resolved',
      'undo-refused resolved',
      'version-disabled resolved',
    ]);
  });
});

describe('an answer that is lost', () => {
  test('the vault enabled the version: known by reading back, and not sent twice', async () => {
    const world = await worldWith();
    await world.as('attacker').disable(VAULT, 'disk-a');
    world.azure.fault({
      match: { identity: 'keeper', operation: 'update' },
      answer: { kind: 'lost-answer' },
      times: 1,
    });
    await world.sentry();
    await minutes(world, 3);
    expect(patches(world).length).toBe(1);
    expect(await kindsOf(world, 'disk-a')).toEqual(['version-disabled resolved']);
    const outcomes = (await world.trail()).filter(({ what }) => what === 'outcome').map(({ detail }) => detail.kind);
    expect(outcomes).toEqual(['done']);
  });

  test('the vault recovered the key: known by reading back, and not sent twice', async () => {
    const world = await worldWith({ behaviours: { settleMs: 2_000 } });
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.pass(5);
    world.azure.fault({
      match: { identity: 'keeper', operation: 'recover' },
      answer: { kind: 'lost-answer' },
      times: 1,
    });
    await world.sentry();
    await minutes(world, 3);
    expect(world.writes().filter(({ operation, status }) => operation === 'recover' && status !== 401).length).toBe(1);
    expect(await kindsOf(world, 'disk-a')).toEqual(['key-deleted resolved']);
  });

  test('the vault goes silent with the answer: the intent stays open, and whoever comes next closes it by reading', async () => {
    const world = await worldWith();
    await world.as('attacker').disable(VAULT, 'disk-a');
    world.azure.fault({
      match: { identity: 'keeper', operation: 'update' },
      answer: { kind: 'lost-answer' },
      times: 1,
    });
    const stop = world.azure.onAnswer((_, response, operation) => {
      if (operation !== 'update' || response.status !== 200) return;
      stop();
      world.azure.fault({ match: { identity: 'watcher' }, answer: { kind: 'unreachable' }, times: 6 });
    });
    await world.sentry();
    expect((await world.trail()).filter(({ what }) => what === 'outcome').map(({ detail }) => detail.kind)).toEqual([
      'unknown',
    ]);
    await world.pass(50);
    expect(patches(world).length).toBe(1);
    expect((await world.trail()).filter(({ what }) => what === 'outcome').at(-1)?.detail).toMatchObject({
      kind: 'done',
      closedLater: true,
    });
    expect(await kindsOf(world, 'disk-a')).toEqual(['version-disabled resolved']);
    expect((await world.ports.tables.claims.list(VAULT)).stored).toEqual([]);
  });
});

describe('a storage that is down', () => {
  const down = { trail: false, register: false };
  const storage = {
    onStorage(name: string): void {
      if (down.trail && name.startsWith('trail.')) throw new Error('the storage of the trail is down');
      if (down.register && name.startsWith('spool.')) throw new Error('the storage of the register takes no record');
    },
  };
  afterEach(() => {
    down.trail = false;
    down.register = false;
  });

  test('that of the trail, during an attack: restored, alerted, and its records are replayed with both times', async () => {
    const world = await worldWith(storage);
    await world.sentry();
    const before = (await world.trail()).length;
    down.trail = true;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    await world.pass(61);
    expect(enabledIn(world)).toEqual([true, true]);
    expect(world.azure.state(VAULT, 'disk-b').kind).toBe('present');
    expect(world.failures).toEqual([]);
    expect(alertsOf(world, 'version-disabled')).toEqual(['resolved']);
    expect(alertsOf(world, 'trail-spooled')).toEqual(['opened']);
    await world.pass(180, 5);

    down.trail = false;
    expect((await world.trail()).length).toBe(before);
    await world.pass(65, 5);
    const late = (await world.trail()).filter(({ appendedAt }) => appendedAt !== undefined);
    expect(late.map(({ what }) => what)).toEqual(expect.arrayContaining(['decision', 'intent', 'outcome', 'incident']));
    for (const record of late.filter(({ what }) => what === 'intent' || what === 'outcome')) {
      expect((record.appendedAt?.getTime() ?? 0) - record.time.getTime()).toBeGreaterThan(180_000);
    }
    expect(alertsOf(world, 'trail-spooled')).toEqual(['opened', 'resolved']);
    expect(await kindsOf(world)).toEqual(['guardian-unwell: trail-spooled resolved']);
  });

  test('both: nothing is written to the vault until one is back, and then it is undone', async () => {
    const world = await worldWith(storage);
    await world.sentry();
    down.trail = true;
    down.register = true;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    await minutes(world, 10);
    expect(world.writes()).toEqual([]);
    expect(world.failures.length).toBeGreaterThan(0);

    down.register = false;
    await minutes(world, 2);
    expect(enabledIn(world)).toEqual([true, true]);
    expect(world.azure.state(VAULT, 'disk-b').kind).toBe('present');
    expect(world.changes()).toBe(2);

    down.trail = false;
    await minutes(world, 2);
    const intents = (await world.trail()).filter(({ what }) => what === 'intent');
    const sent = world.azure.log.filter(({ identity, changed }) => identity === 'keeper' && changed);
    expect(sent.map(({ clientRequestId }) => clientRequestId).toSorted()).toEqual(
      intents.map(({ detail }) => detail.intent).toSorted(),
    );
    // That nobody could inspect for ten minutes was alerted meanwhile, and that it is over as well.
    expect(await kindsOf(world)).toEqual([
      'guardian-blind: not-inspected resolved',
      'guardian-unwell: trail-spooled resolved',
    ]);
    expect(new Set(alertsOf(world, 'not-inspected'))).toEqual(new Set(['opened', 'resolved']));
  });

  test('the tables: nothing is written, and it is undone when they are back', async () => {
    let gone = false;
    const world = await worldWith({
      onStorage(name) {
        if (gone && !name.startsWith('trail.')) throw new Error('the storage of the register is down');
      },
    });
    await world.sentry();
    gone = true;
    await world.as('attacker').disable(VAULT, 'disk-a');
    await expect(world.wake(VAULT, 'disk-a')).rejects.toThrow('Storage failed: ');
    expect(world.writes()).toEqual([]);
    gone = false;
    await minutes(world, 3);
    expect(enabledIn(world)).toEqual([true, true]);
  });
});

describe('what cannot be parsed', () => {
  const quarantined = async (world: World) =>
    (await world.trail()).filter(({ what, subject }) => what === 'quarantined' && subject.kind === 'guardian');
  const ofGuardian = async (world: World) =>
    (await readIncidents(world.ports, GUARDIAN)).stored.map(({ value }) => value);
  const documentOf = (world: World, record: AuditRecord | undefined) =>
    world.ports.quarantine.read(String(record?.detail.document));

  test('a message of a queue is quarantined whole, recorded and alerted, and ends there', async () => {
    const world = await worldWith();
    const message = {
      v: 1,
      subject: { kind: 'key', vault: VAULT, key: 'disk-a' },
      hints: 'many',
      note: 'ä "quoted"\n',
    };
    await world.ports.queues.inspections.send(JSON.parse(JSON.stringify(message)));
    await world.settle();
    await world.pass(60);
    const [record, ...others] = await quarantined(world);
    expect(others).toEqual([]);
    expect(await documentOf(world, record)).toBe(JSON.stringify(message));
    const [incident] = await ofGuardian(world);
    expect(incident).toMatchObject({
      kind: 'guardian-unwell',
      reason: 'quarantined',
      audience: 'operators',
      state: 'open',
    });
    expect(incident?.summary).toContain(String(record?.detail.document));
    expect(alertsOf(world, 'quarantined')).toEqual(['opened']);
    expect(world.failures).toEqual([]);
  });

  test('audit records that cannot be parsed are quarantined whole, those of a message together, alerted once, and those beside them are taken', async () => {
    const world = await worldWith();
    const odd = [{ operationName: 'KeyDelete', time: 'yesterday' }, { operationName: 'KeyUpdate' }, 'no record'];
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.auditMessages([{ records: odd }, 'no JSON {']);
    await world.audit();
    const kept = await Promise.all((await quarantined(world)).map((record) => documentOf(world, record)));
    expect(kept).toEqual([odd.map((each) => JSON.stringify(each)).join('\n'), 'no JSON {']);
    expect(alertsOf(world, 'quarantined')).toEqual(['opened']);
    expect(enabledIn(world)).toEqual([true, true]);
  });

  test('the same again and again is quarantined, recorded and alerted once', async () => {
    const world = await worldWith();
    for (let time = 0; time < 50; time += 1) await world.auditMessages(['no JSON {']);
    expect((await quarantined(world)).length).toBe(1);
    expect(alertsOf(world, 'quarantined')).toEqual(['opened']);
  });

  test('a row of the register: its key is alerted as not guarded and never written, the others of the vault are guarded', async () => {
    const world = await worldWith();
    const row = await world.tables.keys.get(VAULT, 'disk-a');
    await world.tables.keys.put(VAULT, 'disk-a', { approved: 'eaten' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.audit();
    await world.sentry();
    await minutes(world, 3);
    expect(enabledIn(world, 'disk-a')).toEqual([true, false]);
    expect(enabledIn(world, 'disk-b')).toEqual([true]);
    expect(await kindsOf(world, 'disk-a')).toEqual(['guardian-blind: register-unreadable open']);
    expect(alertsOf(world, 'register-unreadable')).toEqual(['opened']);
    const [record] = await quarantined(world);
    expect(await documentOf(world, record)).toBe('{"approved":"eaten"}');
    expect(world.failures).toEqual([]);
    expect((await world.ports.tables.claims.list(VAULT)).stored).toEqual([]);

    // A person puts the row back.
    await world.tables.keys.put(VAULT, 'disk-a', row?.data);
    await minutes(world, 2);
    expect(enabledIn(world, 'disk-a')).toEqual([true, true]);
    expect(await kindsOf(world, 'disk-a')).toEqual([
      'guardian-blind: register-unreadable resolved',
      'version-disabled resolved',
    ]);
  });
});

describe('what was heard', () => {
  const refusedUnwrap = (world: World) => ({
    time: new Date().toISOString(),
    category: 'AuditEvent',
    operationName: 'KeyUnwrap',
    resourceId: '/SUBSCRIPTIONS/X',
    identity: { claim: { oid: world.azure.identities.get('disk')?.oid } },
    properties: { id: `https://${VAULT}.vault.azure.net/keys/disk-a/${'a'.repeat(32)}`, httpStatusCode: 403 },
  });
  const heard = async (world: World) => (await world.trail()).filter(({ what }) => what === 'hint');

  test('of an access that was lost is alerted, though it came while the vault could not be read', async () => {
    const world = await worldWith();
    await world.sentry();
    const passes = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'unreachable' } });
    await world.wake(VAULT, 'disk-a');
    await world.auditMessages([{ records: [refusedUnwrap(world)] }]);
    passes();
    await world.pass(70, 5);
    expect(await kindsOf(world, 'disk-a')).toEqual(['access-refused open']);
    expect(await heard(world)).toHaveLength(1);
  });

  test('of a key whose row of the register cannot be read is in the trail', async () => {
    const world = await worldWith();
    await world.tables.keys.put(VAULT, 'disk-a', { approved: 'eaten' });
    await world.auditMessages([{ records: [refusedUnwrap(world)] }]);
    expect(await heard(world)).toMatchObject([{ who: { oid: world.azure.identities.get('disk')?.oid } }]);
  });

  test('is judged although one of the intents cannot be read: that one is quarantined', async () => {
    const world = await worldWith();
    await world.tables.intents.put(`${VAULT},disk-a`, 'odd', { eaten: true });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(61, 5);
    await world.audit();
    expect(enabledIn(world)).toEqual([true, true]);
    expect(await kindsOf(world, 'disk-a')).toEqual(['version-disabled resolved']);
    expect(await kindsOf(world, undefined)).toEqual([]);
    expect((await readIncidents(world.ports, GUARDIAN)).stored.map(({ value }) => value.reason)).toEqual([
      'quarantined',
    ]);
  });
});

describe('a key of very many versions', () => {
  test('that are all disabled at once is undone fifty at a time, and alerted', async () => {
    const ROW_CHARACTERS = 120_000;
    let longest = 0;
    stopAt();
    const world = await createWorld({
      vaults: [
        {
          name: VAULT,
          keys: [
            seedKey(
              'disk-a',
              Array.from({ length: 320 }, () => ({})),
            ),
          ],
        },
      ],
      policy,
    });
    const { claims } = world.tables;
    const replace = claims.replace.bind(claims);
    claims.replace = (row, data) => {
      longest = Math.max(longest, JSON.stringify(data).length);
      return replace(row, data);
    };
    await world.pass(600, 600);
    await world.sentry();
    const state = () => {
      const shown = world.azure.state(VAULT, 'disk-a');
      return shown.kind === 'present' ? shown.versions : [];
    };
    for (const { version } of state()) await world.as('attacker').disable(VAULT, 'disk-a', version);
    await world.pass(120, 5);
    expect(state().filter(({ enabled }) => !enabled)).toEqual([]);
    expect(world.changes()).toBe(320);
    expect(longest).toBeLessThan(ROW_CHARACTERS);
    expect(new Set(await kindsOf(world, 'disk-a'))).toEqual(new Set(['version-disabled resolved']));
    expect(world.failures).toEqual([]);
  });
});

describe('very many hints', () => {
  test('on a key whose state stays the same are one decision, and a count: a day of them adds no block to the trail', async () => {
    stopAt();
    let blocks = 0;
    const world = await createWorld({
      vaults,
      policy: { vaults: [{ name: VAULT, mode: 'alert' }] },
      onStorage(name) {
        if (name === 'trail.append') blocks += 1;
      },
      sweepEverySeconds: 3_600,
    });
    await world.sentry();
    await world.pass(600, 600);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    const after = blocks;
    // As long as none of them costs a block, 200,000 cost none either; 2,000 are inspected one by one here.
    for (let hint = 0; hint < 2_000; hint += 1) {
      await world.wake(VAULT, 'disk-a');
      if (hint % 10 === 0) await world.pass(1);
    }
    expect(blocks).toBe(after);
    const decisions = (await world.trail()).filter(({ what }) => what === 'decision');
    expect(decisions.length).toBe(1);
    expect(alertsOf(world, 'version-disabled')).toEqual(['opened']);

    await world.as('owner').enable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    const last = (await world.trail()).findLast(({ what }) => what === 'decision');
    expect(last?.detail).toMatchObject({ findings: [], repeatsOfTheLast: 2_000 });
  });

  test('that tell of acts of their own share blocks: 5,000 refused unwraps of one delivery are 100 blocks and one incident', async () => {
    let blocks = 0;
    const world = await worldWith({
      onStorage(name) {
        if (name === 'trail.append') blocks += 1;
      },
    });
    const disk = world.as('disk');
    world.azure.setGrants('disk', []);
    await disk.wrapAndUnwrap(VAULT, 'disk-a', 'a'.repeat(32)).catch(() => undefined);
    const refused = (number: number) => ({
      time: new Date(Date.now() - number).toISOString(),
      category: 'AuditEvent',
      operationName: 'KeyUnwrap',
      resourceId: '/SUBSCRIPTIONS/X',
      correlationId: `call-${number}`,
      identity: { claim: { oid: 'a-disk' } },
      properties: { id: `https://${VAULT}.vault.azure.net/keys/disk-a/${'a'.repeat(32)}`, httpStatusCode: 403 },
    });
    const before = blocks;
    await world.auditMessages([{ records: Array.from({ length: 5_000 }, (_, number) => refused(number)) }]);
    await world.pass(1_200, 5);
    expect((await world.trail()).filter(({ what }) => what === 'hint').length).toBe(5_000);
    expect(blocks - before).toBeLessThanOrEqual(110);
    expect(await kindsOf(world, 'disk-a')).toEqual(['access-refused open']);
    expect(world.failures).toEqual([]);
  });
});
