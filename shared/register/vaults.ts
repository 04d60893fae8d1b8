import type { BaselineState, SweepState } from '../domain/register.ts';
import type { VaultRecords } from '../domain/workspace.ts';
import type { PortTables } from '../ports.ts';
import type { Listed, Stored } from './rows.ts';

/** The state of a vault's baseline; `undefined` where the vault was never swept. Throws `RowUnreadable`. */
export const readBaseline = async ({ baselines }: PortTables, vault: string): Promise<BaselineState | undefined> =>
  (await baselines.get('baseline', vault))?.value;

/** The states of the baselines of all vaults that were ever swept. */
export const readBaselines = ({ baselines }: PortTables): Promise<Listed<BaselineState>> => baselines.list('baseline');

/** Writes the state of a vault's baseline, whether there is one or not. */
export async function writeBaseline({ baselines }: PortTables, vault: string, state: BaselineState): Promise<void> {
  await baselines.put('baseline', vault, state);
}

/** The partition of what is known of the audit events of vaults. */
export const VAULT_RECORDS = 'records';

/** What is known of the audit events of a vault; `undefined` where none has arrived. */
export const readVaultRecords = async (
  { vaultRecords }: PortTables,
  vault: string,
): Promise<VaultRecords | undefined> => (await vaultRecords.get(VAULT_RECORDS, vault))?.value;

/** The state of a vault's sweeps; `undefined` where the vault was never swept. Throws `RowUnreadable`. */
export const readSweep = ({ sweeps }: PortTables, vault: string): Promise<Stored<SweepState> | undefined> =>
  sweeps.get('sweep', vault);
