import { type BaselineState, baselineState, type SweepState, sweepState } from '../domain/register.ts';
import type { Row, Table } from '../storage.ts';
import { parsed } from './rows.ts';

/** Where a vault stands with its baseline; `undefined` where nobody has looked at it yet. Throws `RegisterUnreadable`. */
export async function readBaseline(vaults: Table, vault: string): Promise<BaselineState | undefined> {
  const row = await vaults.get('baseline', vault);
  return row === undefined ? undefined : parsed(baselineState, row);
}

/** Puts where a vault stands with its baseline, whatever stood there. */
export async function writeBaseline(vaults: Table, vault: string, state: BaselineState): Promise<void> {
  await vaults.put('baseline', vault, state);
}

/** How sweeping of a vault stands, with the row it was read from. */
export interface SweepRow {
  readonly state: SweepState;
  readonly row: Row;
}

/** `undefined` where the vault was never swept. Throws `RegisterUnreadable` where the row does not hold what it should. */
export async function readSweep(vaults: Table, vault: string): Promise<SweepRow | undefined> {
  const row = await vaults.get('sweep', vault);
  return row === undefined ? undefined : { state: parsed(sweepState, row), row };
}

/** Writes how sweeping stands, if it is still as it was read; false where somebody else was faster. */
export async function writeSweep(
  vaults: Table,
  vault: string,
  from: Pick<SweepRow, 'row'> | undefined,
  state: SweepState,
): Promise<boolean> {
  const row = from === undefined ? await vaults.insert('sweep', vault, state) : await vaults.replace(from.row, state);
  return row !== undefined;
}
