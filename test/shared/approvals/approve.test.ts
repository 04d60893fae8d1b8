import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { askApproval, grantApproval, releaseHold, setHold, withdrawApproval } from '../../../shared/approvals/say.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import type { Table } from '../../../shared/storage.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const [ASKER, GRANTER, OTHER] = [{ oid: 'asker' }, { oid: 'granter' }, { oid: 'other' }];

beforeEach(() => stopAt());
afterEach(resetClock);

const guardian = () => createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
const asked = async ({ ports }: World) =>
  askApproval(
    {
      vault: VAULT,
      key: 'disk-a',
      version: '*',
      acts: ['disable'],
      by: 'anyone',
      from: new Date(),
      until: new Date(Date.now() + 3_600_000),
      why: 'it is retired',
    },
    ASKER,
    ports,
  );
/** What the trail says was said, by whom. */
const said = async (world: World, what: 'approval' | 'hold') =>
  (await world.trail())
    .filter((record) => record.what === what)
    .map(({ who, detail }) => [who?.oid, detail.event, ...(detail.said === undefined ? [] : [detail.said])]);

/** The world's ports, in which somebody else is faster the first time that a row is replaced. */
function overtaken({ ports }: World, name: 'approvals' | 'holds', by: () => Promise<unknown>): World['ports'] {
  let waiting: (() => Promise<unknown>) | undefined = by;
  const contested: Table = {
    ...ports.tables[name],
    replace: async (row, data) => {
      const first = waiting;
      waiting = undefined;
      await first?.();
      return ports.tables[name].replace(row, data);
    },
  };
  return { ...ports, tables: { ...ports.tables, [name]: contested } };
}

describe('what people say of an approval at once', () => {
  test('counts for who was faster; of the other the trail says that it had no effect', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    const ports = overtaken(world, 'approvals', () => grantApproval(VAULT, id, GRANTER, world.ports));
    await expect(withdrawApproval(VAULT, id, ASKER, ports)).rejects.toThrow(NotAllowed);
    const row = await world.ports.tables.approvals.get(VAULT, id);
    expect(row?.data).toMatchObject({ granted: { by: GRANTER } });
    expect(row?.data).not.toHaveProperty('withdrawn');
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['asker', 'withdrawn'],
      ['granter', 'granted'],
      ['asker', 'without-effect', 'withdrawn'],
    ]);
    await withdrawApproval(VAULT, id, ASKER, ports);
    expect((await said(world, 'approval')).at(-1)).toEqual(['asker', 'withdrawn']);
  });

  test('counts where it took hold and only the answer of the storage was lost', async () => {
    const world = await guardian();
    const { id } = await asked(world);
    const { approvals } = world.ports.tables;
    const lossy: Table = { ...approvals, replace: async (row, data) => void (await approvals.replace(row, data)) };
    const granted = await grantApproval(VAULT, id, GRANTER, {
      ...world.ports,
      tables: { ...world.ports.tables, approvals: lossy },
    });
    expect(granted).toMatchObject({ id, granted: { by: GRANTER } });
    expect(await said(world, 'approval')).toEqual([
      ['asker', 'asked'],
      ['granter', 'granted'],
    ]);
  });
});

test('of two who release a hold at once the trail says which of them did', async () => {
  const world = await guardian();
  const { id } = await setHold({ vault: VAULT }, 'we look into it', ASKER, world.ports);
  const ports = overtaken(world, 'holds', () => releaseHold(id, OTHER, world.ports));
  await expect(releaseHold(id, ASKER, ports)).rejects.toThrow(NotAllowed);
  expect((await world.ports.tables.holds.get('holds', id))?.data).toMatchObject({ released: { by: OTHER } });
  expect(await said(world, 'hold')).toEqual([
    ['asker', 'set'],
    ['asker', 'released'],
    ['other', 'released'],
    ['asker', 'without-effect', 'released'],
  ]);
});
