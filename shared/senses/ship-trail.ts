import { GUARDIAN } from '../domain/subject.ts';
import { later, MINUTE_MS, utc } from '../domain/time.ts';
import { WorkspaceUnreachable } from '../errors.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { quarantine } from '../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { ship } from '../trail/ship.ts';
import { isDue, type Schedule, standing } from './sweep/schedule.ts';

/** The partition of the table `schedule`, and the row of both tables. */
const SHIPPING = 'shipping';
const ALL = 'all';
/** Time between two turns, in ms; a tick that comes a little early counts. */
const EVERY_MS = MINUTE_MS;
const EARLY_MS = MINUTE_MS / 4;
/** How long one planner has for a turn, in ms: after a crash the next one takes it. */
const CLAIM_MS = 5 * MINUTE_MS;
/** Operators are alerted where nothing could be sent for so long, in ms. */
const LATE_MS = 15 * MINUTE_MS;

/**
 * Sends the records of the trail that are new to their table in the workspace, once a minute. Nothing waits for it: what
 * cannot be sent stays where it is, and is sent in its order once it can; after 15 minutes operators are alerted. A record
 * that the service will never take is quarantined, and operators are alerted of it. Does nothing where no table is set up.
 * Throws `StorageUnreachable`.
 */
export async function shipWhenDue(schedule: Schedule, ports: Ports): Promise<void> {
  const { trailTable, tables, streams, now } = ports;
  if (trailTable === undefined) return;
  const due = standing(schedule, SHIPPING, ALL);
  if (due !== undefined && !isDue(due.value, later(now(), EARLY_MS), CLAIM_MS)) return;
  const claim = { generation: 0, dueAt: later(now(), CLAIM_MS) };
  const claimed = await tables.schedule.write(SHIPPING, ALL, due, claim);
  if (claimed === undefined) return;
  const state = await tables.shipping.get(SHIPPING, ALL);
  const { until = new Date(0), failing } = state?.value ?? {};
  try {
    const refused = (content: string): Promise<void> =>
      quarantine({ content, because: 'the workspace does not take this record of the trail' }, 'ship-audit', ports);
    const shipped = await ship(until, { streams, table: trailTable, cursors: tables.cursors, now, refused });
    await tables.shipping.put(SHIPPING, ALL, { until: shipped.until });
    await tables.schedule.replace(claimed, { generation: 0, dueAt: later(now(), shipped.isAll ? EVERY_MS : 0) });
    if (failing !== undefined)
      await endIncidents(
        GUARDIAN,
        isOf(guardianUnwell, 'trail-not-shipped'),
        'records of the trail arrive again',
        ports,
      );
  } catch (error) {
    if (!(error instanceof WorkspaceUnreachable)) throw error;
    const since = failing?.since ?? now();
    await tables.shipping.put(SHIPPING, ALL, { until, failing: { since, because: error.message } });
    await tables.schedule.replace(claimed, { generation: 0, dueAt: later(now(), EVERY_MS) });
    if (now().getTime() - since.getTime() >= LATE_MS)
      await openIncident(guardianUnwell.draft('trail-not-shipped', since, `${utc(since)}: ${error.message}`), ports);
  }
}
