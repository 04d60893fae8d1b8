import type { AuditRecord } from '../domain/audit-record.ts';
import { spell } from '../domain/key.ts';
import { vaultsInBlock } from '../domain/policy.ts';
import { type BaselineState, registerChange } from '../domain/register.ts';
import { vaultSubject } from '../domain/subject.ts';
import { RegisterRecordUnreadable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { baselineWaiting } from '../incidents/kinds/baseline-waiting.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { openIncident, openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { changesByKey, type KeyChange, withChanges } from '../register/changes.ts';
import { changeKey, ROWS_AT_ONCE } from '../register/keys.ts';
import { readBaseline, writeBaseline } from '../register/vaults.ts';
import { entry } from '../trail/entries.ts';
import { approveProposal } from './accept-baseline.ts';
import { proposeBaseline } from './propose-baseline.ts';

/**
 * Makes sure that the vault has a register. For a vault that is not known yet, it proposes a baseline: for keys in `alert`
 * the versions that are not suspicious are approved at once; for keys in `block` nothing is written before a person accepts
 * the baseline, and operators are alerted while it waits. A register that was lost is rebuilt from the trail.
 *
 * @throws BaselineImpossible where the vault cannot be read in full
 * @throws TrailBroken, SpooledRecordUnreadable, RegisterRecordUnreadable where the trail is broken or cannot be read: then
 *   nothing is rebuilt
 */
export async function ensureBaseline(vault: string, ports: Ports): Promise<void> {
  const state = (await standing(vault, ports)) ?? (await propose(vault, ports));
  const isWaiting = state.state === 'proposed' && vaultsInBlock(ports.policy).includes(vault);
  // Ended here and not where a person accepts it: a sweep that is under way then would open it again.
  await openWhile(isWaiting, baselineWaiting.draft(vault, state.at), 'the baseline is accepted', ports);
}

/** The state of the vault's baseline; `undefined` where the vault is not known yet. */
async function standing(vault: string, ports: Ports): Promise<BaselineState | undefined> {
  const state = await readBaseline(ports.tables, vault);
  const isWhole = state !== undefined && state.state !== 'rebuilding';
  const { stored, unreadable } = await ports.tables.keys.list(vault);
  // A row that cannot be read is there all the same, and is its key's own to tell of.
  if (isWhole && stored.length + unreadable.length > 0) return state;
  return rebuilt(vault, state, ports);
}

async function propose(vault: string, ports: Ports): Promise<BaselineState> {
  const proposed = await proposeBaseline(vault, ports);
  // Reading takes a while: what a person accepted meanwhile counts.
  const meanwhile = await readBaseline(ports.tables, vault);
  if (meanwhile?.state === 'accepted') return meanwhile;
  const suspicious = proposed.flatMap((one) =>
    one.suspicious === undefined
      ? []
      : [`${spell({ vault, key: one.key, version: one.shown?.version })}: ${one.suspicious}`],
  );
  const keys = new Set(proposed.map(({ key }) => key)).size;
  const state: BaselineState = { state: 'proposed', at: ports.now(), keys, suspicious };
  const detail = { state: 'proposed', keys, suspicious };
  await approveProposal(vault, proposed, { needed: [], retired: [] }, detail, {}, () => true, ports);
  await writeBaseline(ports.tables, vault, state);
  return state;
}

/** Rebuilds the vault's register from the trail and returns the state of its baseline. Returns the given state where the trail has no baseline, or one without keys. */
async function rebuilt(
  vault: string,
  given: BaselineState | undefined,
  ports: Ports,
): Promise<BaselineState | undefined> {
  const records = await ports.trail.readRegister(vault);
  const state = stateIn(records);
  if (state === undefined) return undefined;
  const keys = changesByKey(records.flatMap((record) => changeIn(record, vault)));
  if (keys.size === 0) return given ?? state;
  // In this state keys that are still missing are not taken for new ones, and nothing is written to the vault.
  const at = given?.state === 'rebuilding' ? given.at : ports.now();
  await writeBaseline(ports.tables, vault, { state: 'rebuilding', at });
  await inTurns(ROWS_AT_ONCE, [...keys], async ([key, its]) => {
    // Two instances may rebuild at once: a row that is there already stays, since an inspection may have changed it.
    await changeKey(ports.tables.keys, { vault, key }, (record) =>
      Object.keys(record.approved.versions).length === 0 ? withChanges(record, its) : record,
    );
  });
  // Alerted before it counts as complete: after a crash in between it is rebuilt and alerted once more.
  const subject = vaultSubject(vault);
  await ports.trail.append([entry('baseline', subject, { state: 'rebuilt', keys: keys.size }, ports)]);
  await openIncident(guardianUnwell.draft('register-lost', at, String(keys.size), subject), ports);
  await writeBaseline(ports.tables, vault, state);
  return state;
}

/** The last state of the vault's baseline: a baseline that was accepted once stays accepted. */
function stateIn(records: readonly AuditRecord[]): BaselineState | undefined {
  const baselines = records.filter(({ what }) => what === 'baseline');
  const accepted = baselines.filter(({ detail }) => detail.state === 'accepted');
  const [first, last] = [accepted[0], accepted.at(-1)];
  if (first !== undefined && last !== undefined) {
    const by = last.who ?? { oid: 'unknown' };
    return { state: 'accepted', since: first.time, at: last.time, by, record: last.id };
  }
  const proposed = baselines.findLast(({ detail }) => detail.state === 'proposed');
  return proposed === undefined ? undefined : { state: 'proposed', at: proposed.time, keys: 0, suspicious: [] };
}

function changeIn({ id, what, subject, detail }: AuditRecord, vault: string): readonly KeyChange[] {
  if (what !== 'register' || (subject.kind !== 'key' && subject.kind !== 'version')) return [];
  const change = registerChange.safeParse(detail.change);
  if (!change.success) throw new RegisterRecordUnreadable(vault, id, change.error);
  return [[subject.key, change.data]];
}
