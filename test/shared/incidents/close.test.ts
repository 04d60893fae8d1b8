import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { closeIncident, isClosedByPeople } from '../../../shared/incidents/close.ts';
import { setAsideWhole } from '../../../shared/incidents/set-aside.ts';
import type { Table } from '../../../shared/storage.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const OWNER = { oid: '00000000-0000-4000-8000-00000000000a', name: 'owner@example.com' };
const guardian = (mode: 'alert' | 'block') =>
  createWorld({ vaults: [{ name: VAULT, keys: [{ name: 'disk-a' }] }], policy: { vaults: [{ name: VAULT, mode }] } });

beforeEach(() => stopAt());
afterEach(resetClock);

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
    await setAsideWhole({ content: 'one', because: 'it is no JSON' }, 'audit-log', world.ports);
    const [open] = await world.incidents('-');
    const { incidents } = world.ports.tables;
    let races = 2;
    const contested: Table = {
      ...incidents,
      replace: async (row, data) => {
        const standing = races > 0 ? await incidents.get(row.partition, row.row) : undefined;
        races -= 1;
        if (standing !== undefined) await incidents.replace(standing, standing.data);
        return incidents.replace(row, data);
      },
    };
    const tables = { ...world.ports.tables, incidents: contested };
    await closeIncident(open?.id ?? '', 'seen', OWNER, { ...world.ports, tables });
    expect(await world.incidents('-')).toMatchObject([
      { state: 'resolved', judgement: expect.stringContaining('seen') },
    ]);
    const events = (await world.trail()).filter(({ what }) => what === 'incident').map(({ detail }) => detail.event);
    expect(events).toEqual(['opened', 'resolved', 'closed by a person']);
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
    ['purge-attempted', true],
    ['policy-loosened', true],
    ['vault-blind', false],
    ['hold-set', false],
    ['version-disabled', false],
  ])('%s is left to people: %s', (kind, left) => {
    expect(isClosedByPeople({ kind })).toBe(left);
  });
});
