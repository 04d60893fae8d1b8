import type { RowForged } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { hourOf, incidentId } from './draft.ts';
import { rowForged } from './kinds/row-forged.ts';
import { quarantine } from './quarantine.ts';
import { openForAct } from './store.ts';

/** Rows that are quarantined at once: whoever forges them may forge very many. */
const MOST_AT_ONCE = 10;

/** Quarantines rows that the guardian did not sign, and alerts on-call, once an hour for each table. The rows stay as they are. */
export async function alertForged(forged: readonly RowForged[], ports: Ports): Promise<void> {
  for (const { table, stored, message } of forged.slice(0, MOST_AT_ONCE)) {
    await quarantine({ content: JSON.stringify(stored.data), because: message }, table, ports);
    const draft = rowForged.draft(`${table}/${stored.partition}/${stored.row}`, hourOf(ports.now()));
    await openForAct(draft, ports, incidentId(draft, table));
  }
}
