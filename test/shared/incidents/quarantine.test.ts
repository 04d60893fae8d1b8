import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { closeIncident } from '../../../shared/approvals/close.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { RowUnreadable } from '../../../shared/errors.ts';
import { alertUnguarded, quarantine, wholeText } from '../../../shared/incidents/quarantine.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type WorldOptions } from '../../simulation/world.ts';

const OWNER = { oid: '00000000-0000-4000-8000-00000000000a', name: 'owner@example.com' };
const VAULT = 'prod-disks';
const guardian = (more: Partial<WorldOptions> = {}) =>
  createWorld({
    vaults: [{ name: VAULT, keys: [{ name: 'disk-a' }] }],
    policy: { vaults: [{ name: VAULT }] },
    ...more,
  });
type World = Awaited<ReturnType<typeof guardian>>;

const incidents = async ({ ports }: World): Promise<readonly Incident[]> =>
  (await readIncidents(ports, GUARDIAN)).stored.map(({ value }) => value);
const records = async (world: World) => (await world.trail()).filter(({ what }) => what === 'quarantined');

beforeEach(() => stopAt());
afterEach(resetClock);

describe('what is quarantined', () => {
  test('lies whole where the incident and the record say', async () => {
    const world = await guardian();
    await quarantine({ content: '{"half', because: 'not JSON' }, 'audit-log', world.ports);
    const [record] = await records(world);
    const document = String(record?.detail.document);
    expect(document).toMatch(/^2031-03-03\/audit-log\/[0-9a-f]{32}\.txt$/);
    expect(record).toMatchObject({
      subject: GUARDIAN,
      detail: { source: 'audit-log', because: 'not JSON', characters: 6 },
    });
    expect(await world.ports.quarantine.read(document)).toBe('{"half');
    expect(await incidents(world)).toMatchObject([
      {
        kind: 'guardian-unwell',
        reason: 'quarantined',
        audience: 'operators',
        subject: GUARDIAN,
        summary: `Something could not be read and was quarantined whole as ${document}: not JSON. Later ones from the same source are in 2031-03-03/audit-log.`,
      },
    ]);
  });

  test('is alerted once an hour and source, of the first', async () => {
    const world = await guardian();
    for (const content of ['one', 'two']) await quarantine({ content, because: content }, 'audit-log', world.ports);
    await quarantine({ content: 'one', because: 'one' }, 'key-vault-event', world.ports);
    expect((await incidents(world)).map(({ summary }) => summary).toSorted()).toEqual([
      expect.stringMatching(/audit-log.*: one\./),
      expect.stringMatching(/key-vault-event.*: one\./),
    ]);
    await world.settle();
    expect(world.alerts).toHaveLength(2);
    expect(await records(world)).toHaveLength(3);
  });

  test('is the same from the same source once a day', async () => {
    const world = await guardian();
    const again = () => quarantine({ content: 'one', because: 'one' }, 'audit-log', world.ports);
    for (const _ of [1, 2]) await again();
    expect(await records(world)).toHaveLength(1);
    turnClock(24 * 3_600_000);
    await again();
    expect(await records(world)).toHaveLength(2);
  });

  test('is alerted again within the hour where a person has closed what was alerted', async () => {
    const world = await guardian();
    await quarantine({ content: 'one', because: 'the first reason' }, 'audit-log', world.ports);
    const [open] = await incidents(world);
    await closeIncident(open?.id ?? '', 'seen', OWNER, world.ports);
    await quarantine({ content: 'two', because: 'the second reason' }, 'audit-log', world.ports);
    const [again] = await incidents(world);
    expect(again).toMatchObject({ id: open?.id, state: 'open', summary: expect.stringContaining('the second reason') });
    await world.settle();
    expect(world.alerts.at(-1)).toEqual({ event: 'changed', incident: again });
  });

  test('is recorded, alerted and stored when its message comes again after it could not be stored', async () => {
    let isDown = true;
    const world = await guardian({
      onStorage(name) {
        if (isDown && name === 'quarantine.create') throw new Error('down');
      },
    });
    const again = () => quarantine({ content: 'one', because: 'one' }, 'audit-log', world.ports);
    await expect(again()).rejects.toMatchObject({ name: 'StorageUnreachable' });
    isDown = false;
    await again();
    expect(await incidents(world)).toHaveLength(1);
    const [record] = await records(world);
    expect(await world.ports.quarantine.read(String(record?.detail.document))).toBe('one');
  });

  test('has a reason in the trail no longer than a page', async () => {
    const world = await guardian();
    await quarantine({ content: 'one', because: 'x'.repeat(1_000_000) }, 'audit-log', world.ports);
    const [record] = await records(world);
    expect(String(record?.detail.because)).toHaveLength(2_002);
  });
});

describe('a row that cannot be read', () => {
  test('of the register is quarantined, left as it is, and on-call is alerted that its key is not guarded', async () => {
    const world = await guardian();
    const row = await world.tables.keys.put(VAULT, 'disk-a', { approved: 'nonsense' });
    await alertUnguarded({ vault: VAULT, key: 'disk-a' }, new RowUnreadable('keys', row, undefined), world.ports);
    expect(await world.tables.keys.get(VAULT, 'disk-a')).toEqual(row);
    expect(await incidents(world)).toMatchObject([{ kind: 'guardian-unwell', reason: 'quarantined' }]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'guardian-blind', reason: 'register-unreadable', audience: 'on-call', severity: 'critical' },
    ]);
    const [record] = await records(world);
    expect(await world.ports.quarantine.read(String(record?.detail.document))).toBe('{"approved":"nonsense"}');
  });

  test('of the outbox is quarantined by the sentry, once a day, while all others are sent', async () => {
    const world = await guardian();
    await world.tables.outbox.put(VAULT, 'bad', { channel: 'console' });
    for (const _ of [1, 2, 3]) {
      await world.sentry();
      turnClock(30_000);
    }
    expect(await incidents(world)).toMatchObject([
      {
        kind: 'guardian-unwell',
        reason: 'quarantined',
        summary: expect.stringContaining(`The row ${VAULT}/bad of outbox cannot be read: event: Invalid`),
      },
    ]);
    expect(world.alerts).toHaveLength(1);
    expect(await records(world)).toHaveLength(1);
  });
});

test.each([
  ['JSON', { a: [1] }, '{"a":[1]}'],
  ['nothing', undefined, 'undefined'],
])('what was given is %s, whole', (_, given, text) => {
  expect(wholeText(given)).toBe(text);
});
