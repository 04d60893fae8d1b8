import type { BaselineState, SweepState } from '../domain/register.ts';
import type { PortTables } from '../ports.ts';
import type { Stored } from './rows.ts';

/** Where a vault stands with its baseline; `undefined` where nobody has looked at it yet. Throws `RowUnreadable`. */
export const readBaseline = async ({ baselines }: PortTables, vault: string): Promise<BaselineState | undefined> =>
  (await baselines.get('baseline', vault))?.value;

/** Puts where a vault stands with its baseline, whatever stood there. */
export async function writeBaseline({ baselines }: PortTables, vault: string, state: BaselineState): Promise<void> {
  await baselines.put('baseline', vault, state);
}

/** How sweeping of a vault stands; `undefined` where it was never swept. Throws `RowUnreadable`. */
export const readSweep = ({ sweeps }: PortTables, vault: string): Promise<Stored<SweepState> | undefined> =>
  sweeps.get('sweep', vault);
