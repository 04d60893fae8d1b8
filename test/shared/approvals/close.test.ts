import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { isClosedByPeople } from '../../../shared/alerts/runnable.ts';
import { acceptBaseline } from '../../../shared/approvals/accept-baseline.ts';
import { closeIncident } from '../../../shared/approvals/close.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { NotAllowed, StorageUnreachable } from '../../../shared/errors.ts';
import { quarantine } from '../../../shared/incidents/quarantine.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { changeKey } from '../../../shared/register/keys.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const OWNER = { oid: '00000000-0000-4000-8000-00000000000a', name: 'owner@example.com' };
const guardian = (
  mode: 'alert' | 'block',
  purgeProtection = true,
  onStorage: (name: string) => void | Promise<void> = () => {},
) =>
  createWorld({
    onStorage,
    vaults: [{ name: VAULT, purgeProtection, keys: [{ name: 'disk-a' }, { name: 'disk-b' }] }],
    policy: { vaults: [{ name: VAULT, mode }] },
  });

/** What is told of the guardian itself. */
const ownIncidents = async ({ ports }: World) =>
  (await readIncidents(ports, GUARDIAN)).stored.map(({ value }) => value);

beforeEach(() => stopAt());
afterEach(resetClock);

describe('closing what tells that a key is missing', () => {
  /** A key that was disabled, and purged before anybody undid it. */
  async function purged(isHeard: boolean): Promise<{ readonly world: World; readonly id: string }> {
    const world = await guardian('alert', false);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(61);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.as('attacker').purge(VAULT, 'disk-a');
    if (isHeard) await world.audit();
    await world.pass(1_200, 10);
    const id = (await open(world)).find(({ kind }) => kind === 'key-missing')?.id ?? '';
    return { world, id };
  }
  const open = async (world: World) => (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open');

  test.each([
    ['whose purge the audit log told of', true],
    ['of whose purge nobody has heard', false],
  ])('abandons a key %s: it is missed no more, and the trail says by whom and why', async (_, isHeard) => {
    const { world, id } = await purged(isHeard);
    expect(await open(world)).not.toEqual([]);
    await closeIncident(id, 'its disks are gone', OWNER, world.ports);
    expect(await open(world)).toEqual([]);
    // Where nobody has heard of it, the records of it come only now.
    await world.audit();
    const told = world.alerts.length;
    await world.pass(1_200, 10);
    expect(await open(world)).toEqual([]);
    expect(
      world.alerts.slice(told).filter(({ incident: { subject } }) => 'key' in subject && subject.key === 'disk-a'),
    ).toEqual([]);
    const because = 'closed by owner@example.com: its disks are gone';
    expect(await world.incidents(VAULT, 'disk-a')).toContainEqual(
      expect.objectContaining({ id, state: 'resolved', judgement: because }),
    );
    const trail = await world.trail();
    expect(trail).toContainEqual(
      expect.objectContaining({
        who: OWNER,
        detail: expect.objectContaining({ incident: id, why: 'its disks are gone' }),
      }),
    );
    expect(trail).toContainEqual(
      expect.objectContaining({
        what: 'register',
        detail: {
          change: {
            kind: 'set-standing',
            standing: { kind: 'abandoned', at: expect.any(String), by: OWNER.oid, because },
          },
        },
      }),
    );
    expect(world.failures).toEqual([]);
  });

  test('tells of a key that comes back under its name', async () => {
    const { world, id } = await purged(true);
    await closeIncident(id, 'its disks are gone', OWNER, world.ports);
    await world.as('owner').create(VAULT, 'disk-a');
    await world.pass(61);
    expect(await open(world)).toMatchObject([
      { kind: 'version-not-approved', summary: expect.stringContaining('it was abandoned on') },
    ]);
  });

  test('is refused where the key is there again, and where nobody can say', async () => {
    const { world, id } = await purged(true);
    const lift = world.azure.fault({
      match: { operation: 'get-deleted' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await expect(closeIncident(id, 'gone', OWNER, world.ports)).rejects.toThrow(
      'cannot be read, so that nobody can say',
    );
    lift();
    await world.as('owner').create(VAULT, 'disk-a');
    await expect(closeIncident(id, 'gone', OWNER, world.ports)).rejects.toThrow('is there again');
    expect(await open(world)).toContainEqual(expect.objectContaining({ id }));
  });
});

describe('closing what tells that another key has taken the name of one', () => {
  async function recreated(
    onStorage: (name: string) => void | Promise<void> = () => {},
  ): Promise<{ readonly world: World; readonly id: string; readonly made: string }> {
    const world = await guardian('block', false, onStorage);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.as('attacker').purge(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(61);
    const made = await world.as('owner').create(VAULT, 'disk-a');
    await world.pass(130);
    const id = (await open(world)).find(({ kind }) => kind === 'key-recreated')?.id ?? '';
    return { world, id, made };
  }
  const open = async (world: World) => (await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open');

  test('abandons the versions that are gone; those that are there are guarded once a person accepts them', async () => {
    const { world, id, made } = await recreated();
    await closeIncident(id, 'made anew', OWNER, world.ports);
    await world.pass(130);
    expect(await open(world)).toMatchObject([{ kind: 'version-not-approved' }]);
    expect((await world.trail()).filter(({ what }) => what === 'register').at(-1)?.detail).toMatchObject({
      change: { kind: 'revoke-version', because: 'closed by owner@example.com: made anew' },
    });
    const words = { needed: [`disk-a/${made}`], retired: [] };
    await acceptBaseline(VAULT, await proposeBaseline(VAULT, world.ports), words, OWNER, world.ports);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(130);
    expect(currentOf(world, VAULT, 'disk-a')).toMatchObject({ version: made, enabled: true });
  });

  test('holds where an inspection changes the incident meanwhile, and where it is said again after it ended half way', async () => {
    const meanwhile: { act?: (() => Promise<void>) | undefined } = {};
    const { world, id } = await recreated(async (name) => {
      const { act } = meanwhile;
      if (name !== 'incidents.replace' || act === undefined) return;
      meanwhile.act = undefined;
      await act();
    });
    const { incidents } = world.ports.tables;
    const close = () => closeIncident(id, 'made anew', OWNER, world.ports);
    meanwhile.act = () => Promise.reject(new Error('the process is gone'));
    await expect(close()).rejects.toThrow();
    meanwhile.act = async () => {
      const row = await incidents.get(`${VAULT},disk-a`, id);
      if (row !== undefined) await incidents.replace(row, { ...row.value, revision: row.value.revision + 1 });
    };
    expect(await close()).toMatchObject({ id });
    expect((await open(world)).map(({ kind }) => kind)).toEqual(['version-not-approved']);
  });

  test('is refused where nobody can say which versions are gone, and where none is', async () => {
    const { world, id } = await recreated();
    const close = () => closeIncident(id, 'made anew', OWNER, world.ports);
    const lift = world.azure.fault({
      match: { operation: 'list-versions' },
      answer: { kind: 'forbidden-by-permission' },
    });
    await expect(close()).rejects.toThrow('does not list its versions');
    lift();
    await changeKey(world.ports.tables.keys, { vault: VAULT, key: 'disk-a' }, (record) => ({
      ...record,
      approved: { ...record.approved, versions: {} },
    }));
    await expect(close()).rejects.toThrow('No approved version of prod-disks/disk-a is gone');
    expect(await open(world)).toContainEqual(expect.objectContaining({ id }));
  });
});

describe('closing an incident', () => {
  test('that tells of an act is recorded with who and why, and told', async () => {
    const world = await guardian('block');
    await world.as('attacker').delete(VAULT, 'disk-a');
    await expect(world.as('attacker').purge(VAULT, 'disk-a')).rejects.toMatchObject({ statusCode: 403 });
    await world.sentry();
    await world.audit();
    await world.pass(120);
    const [open] = (await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === 'purge-attempted');
    expect(open).toMatchObject({ state: 'open' });
    await closeIncident(open?.id ?? '', 'it was a drill', OWNER, world.ports);
    await world.pass(1);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ state }) => state === 'open')).toEqual([]);
    expect(world.alerts.at(-1)).toMatchObject({
      event: 'resolved',
      incident: { id: open?.id, judgement: 'closed by owner@example.com: it was a drill' },
    });
    expect((await world.trail()).filter(({ detail }) => detail.event === 'closed by a person')).toMatchObject([
      { what: 'incident', who: OWNER, detail: { incident: open?.id, why: 'it was a drill' } },
    ]);
  });

  test('holds, and is recorded once, where somebody else changes the incident meanwhile', async () => {
    const world = await guardian('alert');
    await quarantine({ content: 'one', because: 'it is no JSON' }, 'audit-log', world.ports);
    const [open] = await ownIncidents(world);
    const { incidents } = world.ports.tables;
    let races = 2;
    const contested: typeof incidents = {
      ...incidents,
      replace: async (read, value) => {
        const standing = races > 0 ? await incidents.get(read.row.partition, read.row.row) : undefined;
        races -= 1;
        if (standing !== undefined)
          await incidents.replace(standing, { ...standing.value, revision: standing.value.revision + 1 });
        return incidents.replace(read, value);
      },
    };
    const tables = { ...world.ports.tables, incidents: contested };
    await closeIncident(open?.id ?? '', 'seen', OWNER, { ...world.ports, tables });
    expect(await ownIncidents(world)).toMatchObject([
      { state: 'resolved', judgement: expect.stringContaining('seen') },
    ]);
    const events = (await world.trail()).filter(({ what }) => what === 'incident').map(({ detail }) => detail.event);
    expect(new Set(events)).toEqual(new Set(['opened', 'resolved', 'closed by a person']));
    expect(events.filter((event) => event === 'closed by a person')).toHaveLength(1);
    await world.settle();
    // Nobody had been alerted of it by then: that it is over says all of it.
    expect(world.alerts.map(({ event }) => event)).toEqual(['resolved']);
  });

  test('is told however much is said of why: an alert has to fit a row, and the trail has all of it', async () => {
    const world = await guardian('alert');
    await quarantine({ content: 'one', because: 'it is no JSON' }, 'audit-log', world.ports);
    const [open] = await ownIncidents(world);
    const why = 'x'.repeat(60_000);
    await closeIncident(open?.id ?? '', why, OWNER, world.ports);
    await world.settle();
    const told = world.alerts.at(-1);
    expect(told?.event).toBe('resolved');
    expect(told?.incident.judgement).toMatch(/^closed by owner@example\.com: x+ …$/);
    expect(JSON.stringify(told).length).toBeLessThan(10_000);
    const closed = (await world.trail()).filter(({ detail }) => detail.event === 'closed by a person');
    expect(closed).toMatchObject([{ detail: { incident: open?.id, why } }]);
  });

  test('that could not be told counts, is recorded, and is told by the sentry', async () => {
    const world = await guardian('alert');
    await quarantine({ content: 'one', because: 'it is no JSON' }, 'audit-log', world.ports);
    const [open] = await ownIncidents(world);
    const { alerts } = world.ports.queues;
    const send: typeof alerts.send = () => Promise.reject(new StorageUnreachable('putting an alert', undefined));
    const ports = { ...world.ports, queues: { ...world.ports.queues, alerts: { send } } };
    const close = () => closeIncident(open?.id ?? '', 'seen', OWNER, ports);
    await expect(close()).rejects.toThrow(StorageUnreachable);
    await world.sentry();
    expect(world.alerts.at(-1)).toMatchObject({ event: 'resolved', incident: { id: open?.id } });
    const events = (await world.trail()).filter(({ what }) => what === 'incident').map(({ detail }) => detail.event);
    expect(events).toEqual(['opened', 'closed by a person', 'resolved']);
    await expect(close()).rejects.toThrow('is resolved already: closed by owner@example.com: seen.');
  });

  test('that tells of a state is refused: it would only be found again', async () => {
    const world = await guardian('alert');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    const [open] = await world.incidents(VAULT, 'disk-a');
    await expect(closeIncident(open?.id ?? '', 'it is late', OWNER, world.ports)).rejects.toThrow(NotAllowed);
    expect(await world.incidents(VAULT, 'disk-a')).toEqual([open]);
  });

  test.each([
    ['tells of an act', { ends: 'by-a-person' }, true],
    ['tells of what nobody brings back', { ends: 'with-an-inspection', abandons: 'key' }, true],
    ['tells of versions that nobody brings back', { ends: 'with-an-inspection', abandons: 'versions' }, true],
    ['ends with an inspection', { ends: 'with-an-inspection' }, false],
    ['ends with its state', { ends: 'with-its-state' }, false],
  ] as const)('is for a person where it %s', (_, incident, isForPeople) => {
    expect(isClosedByPeople(incident)).toBe(isForPeople);
  });

  test('is refused where there is none of that id, with the command that lists them', async () => {
    const world = await guardian('alert');
    await expect(closeIncident('nonsense', 'seen', OWNER, world.ports)).rejects.toThrow(
      'There is no incident nonsense. To see all:\n  key-guardian incident list',
    );
  });
});
