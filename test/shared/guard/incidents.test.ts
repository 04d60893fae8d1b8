import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import type { KeyUser } from '../../../shared/domain/key-use.ts';
import { DAY_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { SURVEY_ROW, SURVEYED } from '../../../shared/register/scope.ts';
import { stopAt } from '../../simulation/clock.ts';
import { diskUnder } from '../../simulation/disk.ts';
import { currentOf, oidOf } from '../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];
const inMode = (mode: 'alert' | 'block') => ({ vaults: [{ name: VAULT, mode }] });
const guardian = (options: Partial<WorldOptions> = {}): Promise<World> =>
  createWorld({ vaults, policy: inMode('block'), ...options });
const told = (world: World) => world.alerts.map(({ event, incident }) => `${event} ${incident.kind}`);

beforeEach(() => stopAt());
afterEach(resetClock);

describe('an incident', () => {
  test('is alerted when it opens, when its actor is named, and when it is good again', async () => {
    const world = await guardian({ policy: inMode('alert') });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(240);
    await world.audit();
    await world.pass(120);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(60);
    expect(told(world)).toEqual(['opened version-disabled', 'changed version-disabled', 'resolved version-disabled']);
    const [opened, changed, resolved] = world.alerts;
    expect(opened && detailLines(opened, world.ports.now())).toContain('who: not known yet');
    const who = `attacker@example.com (${oidOf(world, 'attacker')}) from 127.0.0.1`;
    expect(changed && detailLines(changed, world.ports.now())).toContainEqual(
      expect.stringMatching(`^who: ${who.replaceAll(/[().]/g, '\\$&')}, allowed by `),
    );
    expect(resolved && firstLine(resolved, new Date())).toMatch(/^resolved: /);
    expect(world.alerts.map(({ incident }) => incident.revision)).toEqual([1, 2, 3]);
  });

  test('of what was undone says when it was restored, and names the actor once the audit log has told', async () => {
    const world = await guardian();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(30);
    await world.sentry();
    expect(told(world)).toEqual(['resolved version-disabled']);
    const resolved = world.alerts.at(-1);
    expect(resolved && firstLine(resolved, new Date())).toMatch(
      /^resolved: prod-disks\/disk-a: restored after 30 s, 59 min before disks would have failed; nothing is left to restore: found at [0-9:]+ UTC: Version /,
    );
    await world.audit();
    expect(world.alerts).toHaveLength(2);
    expect(world.alerts.at(-1)?.incident).toMatchObject({
      state: 'resolved',
      restoredAt: expect.any(Date),
      who: { oid: oidOf(world, 'attacker') },
    });
  });

  test.each<[string, Partial<KeyUser>, severity: string, minutes: number]>([
    ['the databases of a SQL server fail after half an hour', { kind: 'sql-server' }, 'critical', 30],
    ['disks fail after an hour', { disks: 1 }, 'critical', 60],
    ['a set without disks has no deadline', {}, 'critical', 0],
  ])('says by when something fails: %s', async (_, user, severity, minutes) => {
    const world = await guardian({ policy: inMode('alert') });
    await world.sentry();
    await world.ports.tables.uses.put(VAULT, 'disk-a', {
      ...{ surveyedAt: new Date(), machines: [], machineCount: 0, runningCount: 0, unknown: [] },
      users: [
        {
          ...{ kind: 'disk-encryption-set', id: 'one', name: 'one', versions: [], follows: true, objectIds: [] },
          ...{ disks: 0, snapshots: 0, images: 0, ...user },
        },
      ],
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    const [found] = world.alerts;
    const { since, deadline } = found?.incident ?? {};
    expect(found?.incident.severity).toBe(severity);
    expect(deadline).toEqual(minutes === 0 ? undefined : later(since ?? new Date(0), minutes * MINUTE_MS));
  });

  test('is one step less severe, without a deadline, where nothing is known to hang on the key', async () => {
    const world = await guardian({ policy: inMode('alert') });
    await world.sentry();
    await world.pass(120);
    await world.ports.tables.surveyed.put(SURVEYED, VAULT, { id: '/vaults/one', keys: {}, unknown: [] });
    const now = new Date();
    await world.ports.tables.surveys.put(...SURVEY_ROW, { addedAt: now, lastGoodAt: now, subscriptions: {} });
    await world.ports.scope.refresh(0);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    expect(world.alerts[0]?.incident).toMatchObject({ severity: 'error', hangs: { kind: 'nothing' } });
    expect(world.alerts[0]?.incident.deadline).toBeUndefined();
  });

  test('names nobody for what he had mended before, though his is the only record that has come', async () => {
    const world = await guardian({ policy: inMode('alert') });
    const messages: unknown[] = [];
    await world.sentry();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    await world.pass(10);
    world.azure.onAuditRecords((_, body) => messages.push(body));
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(20);
    await world.wake(VAULT, 'disk-a');
    await world.pass(60);
    world.azure.flushAudit();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    await world.auditMessages(messages.slice());
    const who = async () =>
      (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open').map((open) => open.who?.oid);
    expect(await who()).toEqual([undefined]);
    await world.audit();
    expect(await who()).toEqual([oidOf(world, 'attacker')]);
  });

  test('names nobody any more once a record comes of another who changed it since it was last observed otherwise', async () => {
    const world = await guardian({ policy: inMode('alert') });
    const messages: unknown[] = [];
    await world.sentry();
    await world.pass(60);
    world.azure.onAuditRecords((_, body) => messages.push(body));
    await world.as('owner').tag(VAULT, 'disk-a');
    world.azure.flushAudit();
    await world.pass(3);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    await world.auditMessages(messages.slice());
    const who = async () => (await world.incidents(VAULT, 'disk-a')).map((incident) => incident.who?.oid);
    expect(await who()).toEqual([oidOf(world, 'owner')]);
    await world.audit();
    expect(await who()).toEqual([undefined]);
    await world.pass(600, 10);
    expect(await who()).toEqual([undefined]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'changed', 'changed']);
  });

  test('has its deadline an hour after the act, by the vault’s own time, however late it is observed', async () => {
    const world = await guardian({ policy: inMode('alert') });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    await world.pass(1200, 60);
    await world.sentry();
    for (const key of ['disk-a', 'disk-b'])
      expect(await world.incidents(VAULT, key)).toMatchObject([
        { since: new Date('2031-03-03T09:10:00.000Z'), deadline: new Date('2031-03-03T10:10:00.000Z') },
      ]);
  });

  test('keeps its deadline when the version is changed again in a way that mends nothing', async () => {
    const world = await guardian({ policy: inMode('alert') });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(600, 60);
    await world.as('attacker').tag(VAULT, 'disk-a');
    await world.pass(120);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { since: new Date('2031-03-03T09:10:00.000Z'), deadline: new Date('2031-03-03T10:10:00.000Z') },
    ]);
    expect(told(world)).toEqual(['opened version-disabled']);
  });

  test('is the same one for a sweep, for the audit log and for a second instance', async () => {
    const world = await guardian({ policy: inMode('alert'), instances: 2 });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await Promise.all([
      world.sentry(),
      world.audit(),
      world.wake(VAULT, 'disk-a'),
      world.wake(VAULT, 'disk-a'),
      world.events(),
    ]);
    await world.pass(180);
    expect(await world.incidents(VAULT, 'disk-a')).toHaveLength(1);
    expect(told(world).filter((line) => line === 'opened version-disabled')).toHaveLength(1);
  });

  test('that shows the same state since the same time is opened again, not a second time', async () => {
    const expiry = new Date('2031-03-03T09:20:00.000Z');
    const world = await guardian({
      vaults: [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{ exp: expiry.getTime() / 1000 }] }] }],
    });
    await world.sentry();
    await world.pass(660, 20);
    await world.as('owner').expire(VAULT, 'disk-a', later(expiry, 400 * DAY_MS));
    await world.pass(60);
    await world.as('owner').expire(VAULT, 'disk-a', expiry);
    await world.pass(60);
    const expired = (await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === 'version-expiring');
    expect(expired).toMatchObject([{ state: 'open', since: expiry, revision: 3 }]);
    expect(told(world).filter((line) => line.endsWith('version-expiring'))).toEqual([
      'opened version-expiring',
      'resolved version-expiring',
      'changed version-expiring',
    ]);
  });

  test('is a new one for the same act at another time', async () => {
    const world = await guardian();
    await world.sentry();
    for (const key of ['disk-a', 'disk-a']) {
      await world.as('attacker').disable(VAULT, key);
      await world.pass(60);
    }
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ state: 'resolved' }, { state: 'resolved' }]);
    expect(told(world)).toHaveLength(2);
  });
});

describe('an alert that could not be queued', () => {
  test.each([
    ['that it opened', 'alert' as const, 'opened'],
    ['that it was undone', 'block' as const, 'resolved'],
  ])('is sent once the queue takes messages again: %s', async (_, mode, event) => {
    const broken = { is: true };
    const world = await guardian({
      policy: inMode(mode),
      onStorage(name) {
        if (name === 'alerts.send' && broken.is) throw new Error('The queue is away.');
      },
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(world.alerts).toEqual([]);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(mode === 'block');
    broken.is = false;
    await world.pass(120);
    expect(world.alerts.map((alert) => alert.event)).toContain(event);
    const [incident] = await world.incidents(VAULT, 'disk-a');
    expect(incident?.state).toBe(mode === 'block' ? 'resolved' : 'open');
    expect((await world.ports.tables.outbox.list()).stored).toEqual([]);
    expect(world.changes()).toBe(mode === 'block' ? 1 : 0);
  });

  test('is sent twice rather than never where its row of the outbox is not removed', async () => {
    const lost = { left: 1 };
    const world = await guardian({
      policy: inMode('alert'),
      onStorage(name) {
        if (name !== 'outbox.remove' || lost.left === 0) return;
        lost.left = 0;
        throw new Error('The table is away.');
      },
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    for (let minute = 0; minute < 2; minute += 1) {
      await world.pass(60);
      await world.sentry();
    }
    expect(told(world)).toEqual(['opened version-disabled', 'opened version-disabled']);
  });
});

describe('what the audit log tells', () => {
  /** An hour and a minute, in steps of five: the next hour has begun. */
  const anHour = (world: World) => world.pass(3660, 30);
  const kinds = async (world: World) =>
    (await world.incidents(VAULT, 'disk-a')).map(({ kind, since, who }) => [kind, since.getUTCHours(), who?.oid]);

  test('attempts to purge are alerted once an hour and person, though they did nothing', async () => {
    const world = await guardian({ policy: inMode('alert') });
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['delete'] });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    const attempt = async (who: 'attacker' | 'owner') => {
      await expect(world.as(who).purge(VAULT, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
      await world.audit();
    };
    for (const who of ['attacker', 'attacker', 'owner'] as const) await attempt(who);
    await anHour(world);
    await attempt('attacker');
    const [attacker, owner] = [oidOf(world, 'attacker'), oidOf(world, 'owner')];
    expect(new Set(await kinds(world))).toEqual(
      new Set([
        ['purge-attempted', 9, attacker],
        ['purge-attempted', 9, owner],
        ['purge-attempted', 10, attacker],
      ]),
    );
    expect(told(world)).toEqual(Array.from({ length: 3 }, () => 'opened purge-attempted'));
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
  });

  test('a refused purge is not taken for a purge', async () => {
    const world = await guardian();
    await world.as('attacker').delete(VAULT, 'disk-a');
    await expect(world.as('attacker').purge(VAULT, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
    await world.audit();
    await world.pass(90);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect((await world.incidents(VAULT, 'disk-a')).map(({ kind }) => kind)).not.toContain('key-missing');
  });

  test('a backup is alerted once an hour', async () => {
    const world = await guardian();
    const backup = (minute: string, status = 200) => ({
      time: `2031-03-03T${minute}:00.0000000Z`,
      category: 'AuditEvent',
      operationName: 'KeyBackup',
      resultType: 'Success',
      correlationId: minute,
      callerIpAddress: '203.0.113.7',
      identity: { claim: { oid: 'backup-operator', appid: 'an-app' } },
      properties: { id: `https://${VAULT}.vault.azure.net/keys/disk-a`, httpStatusCode: status },
      resourceId: '/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/PROD-DISKS',
    });
    await world.auditMessages([{ records: [backup('09:11'), backup('09:12'), backup('09:13', 403)] }]);
    await world.auditMessages([{ records: [backup('09:11'), backup('10:01')] }]);
    expect(await world.incidents(VAULT, 'disk-a')).toHaveLength(2);
    expect(told(world)).toEqual(['opened unexpected-use', 'opened unexpected-use']);
    expect(world.alerts[0]?.incident).toMatchObject({
      severity: 'warning',
      who: { oid: 'backup-operator', address: '203.0.113.7' },
      summary: expect.stringContaining('never be revoked'),
    });
  });

  const known = async (): Promise<World> => {
    const world = await guardian();
    world.changePolicy({ vaults: [{ name: VAULT, mode: 'block', knownUsers: [oidOf(world, 'disk')] }] });
    return world;
  };

  test('unwrap by somebody who is not a known user is alerted once an hour', async () => {
    const world = await known();
    const { version } = currentOf(world, VAULT, 'disk-a');
    for (const wait of [0, 0, 3660]) {
      await world.pass(wait, 300);
      await world.as('attacker').wrapAndUnwrap(VAULT, 'disk-a', version);
      await world.audit();
    }
    const stranger = oidOf(world, 'attacker');
    expect(new Set(await kinds(world))).toEqual(
      new Set([
        ['unexpected-use', 9, stranger],
        ['unexpected-use', 10, stranger],
      ]),
    );
    expect(told(world)).toEqual(['opened unexpected-use', 'opened unexpected-use']);
  });

  test('a refused unwrap of a key that is usable is alerted once an hour: somebody has lost access', async () => {
    const world = await known();
    const { version } = currentOf(world, VAULT, 'disk-a');
    world.azure.setGrants('disk', [
      {
        vault: '*',
        dataActions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/wrap/action'],
      },
    ]);
    for (const wait of [0, 0, 3660]) {
      await world.pass(wait, 300);
      await expect(world.as('disk').wrapAndUnwrap(VAULT, 'disk-a', version)).rejects.toMatchObject({ statusCode: 403 });
      await world.audit();
    }
    expect(told(world)).toEqual(['opened access-refused', 'opened access-refused']);
    expect(world.alerts[0]?.incident).toMatchObject({
      who: { oid: oidOf(world, 'disk') },
      summary:
        'KeyUnwrap of prod-disks/disk-a was refused with 403 although the key is usable: the identity in the line "who" has no access. If it is that of a disk encryption set, it has lost it, and its disks fail within an hour.',
    });
  });

  test('an unwrap that was refused while the key was disabled is alerted by the key’s own incident alone', async () => {
    const world = await known();
    const use = await diskUnder(world.azure, VAULT, 'disk-a', currentOf(world, VAULT, 'disk-a').version);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(20);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.audit();
    await world.pass(20);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(20);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.wake(VAULT, 'disk-a');
    expect(await use()).toEqual({ wrap: 200, unwrap: 200 });
    await world.pass(180);
    await world.audit();
    const kinds = (await world.incidents(VAULT, 'disk-a')).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['version-disabled']));
  });

  test('an unwrap that is refused while a disabled key is left to people is no second incident', async () => {
    const world = await guardian({ policy: inMode('alert') });
    const use = await diskUnder(world.azure, VAULT, 'disk-a', currentOf(world, VAULT, 'disk-a').version);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(120);
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await world.audit();
    expect((await world.incidents(VAULT, 'disk-a')).map(({ kind }) => kind)).toEqual(['version-disabled']);
  });

  test('reads, lists, wraps and unwraps by known users are noise: no inspection, no record, no alert', async () => {
    const world = await known();
    const { version } = currentOf(world, VAULT, 'disk-a');
    await world.sentry();
    world.azure.clearLog();
    const records = (await world.trail()).length;
    for (let use = 0; use < 5; use += 1) await world.as('disk').wrapAndUnwrap(VAULT, 'disk-a', version);
    for (const path of ['keys', 'keys/disk-a', 'keys/disk-a/versions', 'deletedkeys'])
      await world.azure.handle({
        method: 'GET',
        url: `https://${VAULT}.vault.azure.net/${path}?api-version=7.5`,
        headers: { authorization: `Bearer ${world.azure.identities.get('owner')?.token ?? ''}` },
        body: '',
      });
    expect(world.azure.log.filter(({ identity }) => identity === 'owner').map(({ status }) => status)).toEqual([
      200, 200, 200, 200,
    ]);
    await world.audit();
    expect(world.azure.log.filter(({ identity }) => identity === 'watcher')).toEqual([]);
    expect(await world.trail()).toHaveLength(records);
    expect(world.alerts).toEqual([]);
  });
});

describe('an incident row', () => {
  test('that cannot be read costs no restoration: it is quarantined, and alerted', async () => {
    const world = await guardian();
    await world.sentry();
    await world.tables.incidents.put(`${VAULT},disk-a`, 'x'.repeat(32), { kind: 'of an older version' });
    await world.tables.incidents.put(VAULT, 'x'.repeat(32), { kind: 'of the vault' });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(120);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(world.failures).toEqual([]);
    expect(told(world).toSorted()).toEqual(['opened guardian-unwell', 'resolved version-disabled']);
  });

  test('whose insertion was answered by nothing is alerted by who made it', async () => {
    const world = await guardian();
    const { incidents } = world.tables;
    const insert = incidents.insert.bind(incidents);
    Object.assign(incidents, {
      insert: async (...row: Parameters<typeof insert>) => {
        await insert(...row);
        return undefined;
      },
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(told(world)).toEqual(['resolved version-disabled']);
  });

  test('of another instance is alerted by that one alone', async () => {
    const world = await guardian();
    const { incidents } = world.tables;
    Object.assign(incidents, { insert: async () => undefined });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(world.alerts).toEqual([]);
  });
});

test('a resolved incident whose actor is named later is alerted as changed, not as resolved again', async () => {
  const world = await guardian();
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.sentry();
  await world.audit();
  expect(told(world)).toEqual(['resolved version-disabled', 'changed version-disabled']);
  expect(world.alerts.at(-1)?.incident).toMatchObject({ state: 'resolved', who: { oid: oidOf(world, 'attacker') } });
});

test('a claim that cannot be read is taken over', async () => {
  const world = await guardian();
  await world.tables.claims.put(VAULT, 'disk-a', { owner: 1 });
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.sentry();
  expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  expect(world.poisoned).toEqual([]);
});
