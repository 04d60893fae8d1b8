import { type Approval, approval } from '../domain/approval.ts';
import { type Hold, hold } from '../domain/hold.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';

/** Every approval that was asked for in a vault, whatever became of it. Throws `RegisterUnreadable` where one cannot be read. */
export async function readApprovals({ tables }: Pick<Ports, 'tables'>, vault: string): Promise<readonly Approval[]> {
  return (await tables.approvals.list(vault)).map((row) => parsed(approval, row));
}

/** Every hold, on whatever. Throws `RegisterUnreadable` where one cannot be read: it may be a person's stop. */
export async function readHolds({ tables }: Pick<Ports, 'tables'>): Promise<readonly Hold[]> {
  return (await tables.holds.list('holds')).map((row) => parsed(hold, row));
}
