import type { PortTables } from '../../../shared/ports.ts';
import type { SignedRows } from '../../../shared/register/signed-rows.ts';
import type { World } from '../../simulation/world.ts';

/** The world's ports, in which somebody else is faster the first time that a row of a table is replaced. */
export function overtaken({ ports }: World, name: 'approvals' | 'holds', by: () => Promise<unknown>): World['ports'] {
  let waiting: (() => Promise<unknown>) | undefined = by;
  const contested = <T>(rows: SignedRows<T>): SignedRows<T> => ({
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
    // Besides, the register's stream has which of them ended.
    .filter((record) => record.what === what && record.detail.ended === undefined)
    .map(({ who, detail }) => [who?.oid, detail.event, ...(detail.said === undefined ? [] : [detail.said])]);
