import { endOfHold, endsSoonFrom, type Hold, isInForce, subjectOfHold } from '../domain/hold.ts';
import { guardedVaults } from '../domain/policy.ts';
import { vaultSubject } from '../domain/subject.ts';
import { DAY_MS } from '../domain/time.ts';
import { incidentId } from '../incidents/draft.ts';
import { alertForged } from '../incidents/forged.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { holdEnding } from '../incidents/kinds/hold-ending.ts';
import { holdSet } from '../incidents/kinds/hold-set.ts';
import { quarantineRows } from '../incidents/quarantine.ts';
import { endIncidents, openIncident, openWhile, readIncidents, resolveIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';

/** The id of the incident `hold-set` of a hold. */
export const incidentOfHold = (set: Hold): string => incidentId(holdSet.draft(set), set.id);

/** The ids of the incidents `hold-ending` of a hold: one for each time that somebody said how long it lasts, the last one last. */
const endingsOf = (set: Hold): readonly string[] =>
  [...(set.extended ?? []), set].map((_, time) => incidentId(holdEnding.draft(set), `${set.id} ${time}`));

/** Resolves the incidents of a hold that is over. */
export const endIncidentOf = (over: Hold, judgement: string, ports: Ports): Promise<void> => {
  const ids = [incidentOfHold(over), ...endingsOf(over)];
  return endIncidents(subjectOfHold(over), ({ id }) => ids.includes(id), judgement, ports);
};

/** How long after its end the row of a hold is removed, in ms: until then a person can settle what changed under it. */
const KEPT_MS = 30 * DAY_MS;

/**
 * Alerts people of holds in force whose setter crashed before that; records and alerts that holds have ended by themselves,
 * after which the guardian writes again: those on the vault, which is swept by one at a time, and with the first vault of
 * the policy those on everything. Alerts people of approvals and holds that the guardian did not sign, or of which nobody can
 * say that now. Noted last, so that a crash alerts twice rather than never.
 */
export async function endHolds(vault: string, ports: Ports): Promise<void> {
  const swept = guardedVaults(ports.policy);
  const [{ stored, unreadable, ...holds }, approvals] = await Promise.all([
    ports.tables.holds.list('holds'),
    ports.tables.approvals.list(vault),
  ]);
  await alertForged([...holds.forged, ...approvals.forged], ports);
  await alertUnverified(holds.unverified + approvals.unverified, vault, ports);
  // A row that cannot be read may be a hold: every inspection of a key alerts of it, and writes nothing.
  await quarantineRows(unreadable, ports);
  for (const held of stored) {
    const { value } = held;
    const at = value.vault !== undefined && swept.includes(value.vault) ? value.vault : swept[0];
    const overMs = ports.now().getTime() - endOfHold(value).getTime();
    if (at !== vault) continue;
    if (overMs < 0) {
      await alertInForce(value, ports);
    } else if (overMs >= KEPT_MS) {
      await ports.tables.holds.remove(held);
    } else if (value.released === undefined && value.endAlerted === undefined) {
      await alertEnded(value, ports);
      await ports.tables.holds.replace(held, { ...value, endAlerted: true });
    }
  }
}

/** Alerts operators while nobody can say who signed what people said of a vault. */
const alertUnverified = (count: number, vault: string, ports: Ports): Promise<void> =>
  openWhile(
    count > 0,
    guardianUnwell.draft('signatures-unverified', ports.now(), String(count), vaultSubject(vault)),
    'they can be verified',
    ports,
  );

/**
 * Alerts people of a hold in force that has no incident: its setter crashed before that; and once more before it ends. An
 * incident that was resolved belongs to a release since. An extended hold ends no more when people were alerted that it would.
 */
async function alertInForce(held: Hold, ports: Ports): Promise<void> {
  const { stored } = await readIncidents(ports, subjectOfHold(held));
  const isNew = (id: string): boolean => stored.every(({ value }) => value.id !== id);
  const set = incidentOfHold(held);
  if (isNew(set)) await openIncident(holdSet.draft(held), ports, set);
  const endings = endingsOf(held);
  const before = endings.slice(0, -1);
  for (const one of stored) if (before.includes(one.value.id)) await resolveIncident(one, 'extended', false, ports);
  const ending = endings.at(-1) ?? set;
  if (!isNew(ending) || ports.now() < endsSoonFrom(held)) return;
  await openIncident(holdEnding.draft(held), ports, ending);
  // Somebody may have released it meanwhile, and ended its incidents before there was this one.
  const standing = (await ports.tables.holds.get('holds', held.id))?.value ?? held;
  if (!isInForce(standing, ports.now())) await endIncidentOf(standing, 'released', ports);
}

async function alertEnded(ended: Hold, ports: Ports): Promise<void> {
  const subject = subjectOfHold(ended);
  await ports.trail.append([entry('hold', subject, { event: 'ended by itself', hold: ended }, ports)]);
  await endIncidentOf(ended, 'ended by itself', ports);
}
