import type { Approval } from '../domain/approval.ts';
import type { Hold } from '../domain/hold.ts';
import type { Ports } from '../ports.ts';
import type { Listed } from '../register/rows.ts';

type Needs = Pick<Ports, 'tables'>;

/** Every approval that was asked for in a vault, granted or not. Throws `RowUnreadable` where one cannot be read. */
export const readApprovals = async ({ tables }: Needs, vault: string): Promise<readonly Approval[]> =>
  all(await tables.approvals.list(vault));

/** Every hold, on any key or vault. Throws `RowUnreadable` where one cannot be read: it may stop writes. */
export const readHolds = async ({ tables }: Needs): Promise<readonly Hold[]> => all(await tables.holds.list('holds'));

function all<T>({ stored, unreadable: [first] }: Listed<T>): readonly T[] {
  if (first !== undefined) throw first;
  return stored.map(({ value }) => value);
}
