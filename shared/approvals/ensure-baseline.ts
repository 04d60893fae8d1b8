import type { AuditRecord } from '../domain/audit-record.ts';
import { spell } from '../domain/key.ts';
import { type BaselineState, registerChange } from '../domain/register.ts';
import { RegisterRecordUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { baselineWaits } from '../incidents/kinds/baseline-waits.ts';
import { registerLost } from '../incidents/kinds/register-lost.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { changesByKey, type KeyChange, withChanges } from '../register/changes.ts';
import { changeKey, ROWS_AT_ONCE } from '../register/keys.ts';
import { readBaseline, writeBaseline } from '../register/vaults.ts';
import { entry } from '../trail/entries.ts';
import { proposeBaseline } from './propose-baseline.ts';

/**
 * Whether the vault may be compared with its register. Proposes a baseline on first sight, tells while it waits for a
 * person, and rebuilds the register from the trail where that has a baseline and the register has lost it.
 *
 * @throws BaselineImpossible where the vault cannot be read for a proposal
 * @throws TrailBroken, KeptRecordUnreadable, RegisterRecordUnreadable where the trail cannot be believed or read: then
 *   nothing is rebuilt
 */
export async function ensureBaseline(vault: string, ports: Ports): Promise<boolean> {
  const state = await readBaseline(ports.tables.vaults, vault);
  if (!(await isAccepted(vault, state, ports))) {
    const { at } = state ?? (await propose(vault, ports));
    await openIncident(baselineWaits.draft(vault, at), ports);
    return false;
  }
  // Here and not where a person accepts it: a pass that is under way then would open it again.
  await endIncidents({ vault }, ({ kind }) => kind === baselineWaits.id, 'the baseline is accepted', ports);
  return true;
}

async function isAccepted(vault: string, state: BaselineState | undefined, ports: Ports): Promise<boolean> {
  if (state?.state === 'accepted' && (await ports.tables.keys.list(vault)).length > 0) return true;
  return rebuild(vault, ports);
}

async function propose(vault: string, ports: Ports): Promise<BaselineState> {
  const proposed = await proposeBaseline(vault, ports);
  const suspicious = proposed.flatMap((one) =>
    one.suspicious === undefined ? [] : [`${spell({ vault, key: one.key, version: one.version })}: ${one.suspicious}`],
  );
  const keys = new Set(proposed.map(({ key }) => key)).size;
  const state: BaselineState = { state: 'proposed', at: ports.now(), keys, suspicious };
  await ports.trail.append(vault, [entry('baseline', { vault }, { state: 'proposed', keys, suspicious }, ports)]);
  await writeBaseline(ports.tables.vaults, vault, state);
  return state;
}

/** False where the trail has no baseline of this vault, or one without keys. */
async function rebuild(vault: string, ports: Ports): Promise<boolean> {
  const records = await ports.trail.readRegister(vault);
  const accepted = records.findLast((record) => record.what === 'baseline' && record.detail.state === 'accepted');
  if (accepted === undefined) return false;
  const keys = changesByKey(records.flatMap((record) => changeIn(record, vault)));
  if (keys.size === 0) return true;
  // Until all of it is there, nobody takes what is missing for new keys, and nothing is written to the vault.
  await writeBaseline(ports.tables.vaults, vault, { state: 'rebuilding', at: ports.now() });
  await inTurns(ROWS_AT_ONCE, [...keys], async ([key, its]) => {
    // Two may rebuild at once: what the other put there, and looks have changed since, stays.
    await changeKey(ports.tables.keys, { vault, key }, (record) =>
      Object.keys(record.versions).length === 0 ? withChanges(record, its) : record,
    );
  });
  // Told before it counts as whole: where we end in between, it is rebuilt and told once more.
  await ports.trail.append(vault, [entry('baseline', { vault }, { state: 'rebuilt', keys: keys.size }, ports)]);
  await openIncident(registerLost.draft(vault, ports.now(), keys.size), ports);
  await writeBaseline(ports.tables.vaults, vault, {
    state: 'accepted',
    at: accepted.time,
    by: accepted.who ?? { oid: 'unknown' },
    record: accepted.id,
  });
  return true;
}

function changeIn({ id, what, subject, detail }: AuditRecord, vault: string): readonly KeyChange[] {
  if (what !== 'register' || subject.key === undefined) return [];
  const change = registerChange.safeParse(detail.change);
  if (!change.success) throw new RegisterRecordUnreadable(vault, id, change.error);
  return [[subject.key, change.data]];
}
