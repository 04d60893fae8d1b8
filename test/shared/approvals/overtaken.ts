import type { PortTables } from '../../../shared/ports.ts';
import type { Rows } from '../../../shared/register/rows.ts';
import type { World } from '../../simulation/world.ts';

/** The world's ports, in which somebody else is faster the first time that a row of a table is replaced. */
export function overtaken({ ports }: World, name: 'approvals' | 'holds', by: () => Promise<unknown>): World['ports'] {
  let waiting: (() => Promise<unknown>) | undefined = by;
  const contested = <T>(rows: Rows<T>): Rows<T> => ({
    ...rows,
    async replace(read, value) {
      const first = waiting;
      waiting = undefined;
      await first?.();
      return rows.replace(read, value);
    },
  });
  const { approvals, holds } = ports.tables;
  const tables: PortTables =
    name === 'approvals'
      ? { ...ports.tables, approvals: contested(approvals) }
      : { ...ports.tables, holds: contested(holds) };
  return { ...ports, tables };
}

/** What the trail says was said of approvals or holds, by whom. */
export const said = async (world: World, what: 'approval' | 'hold') =>
  (await world.trail())
    .filter((record) => record.what === what)
    .map(({ who, detail }) => [who?.oid, detail.event, ...(detail.said === undefined ? [] : [detail.said])]);
