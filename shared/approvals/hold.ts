import { type ApprovableAct, type Approval, approvableActs } from '../domain/approval.ts';
import type { Actor } from '../domain/audit-record.ts';
import { inspectionFor } from '../domain/hint.ts';
import { type Hold, isInForce, longestAlone, type Settlement, spellHold, subjectOfHold } from '../domain/hold.ts';
import type { KeyId } from '../domain/key.ts';
import { guardedVaults } from '../domain/policy.ts';
import { keyOf } from '../domain/subject.ts';
import { DAY_MS, later, MINUTE_MS } from '../domain/time.ts';
import { NotAllowed } from '../errors.ts';
import { holdSet } from '../incidents/kinds/hold-set.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { entry } from '../trail/entries.ts';
import { askApproval, withdrawApproval } from './approve.ts';
import { endIncidentOf, incidentOfHold } from './ended-holds.ts';
import { type Found, find } from './find.ts';
import { readApprovals } from './read.ts';
import { recordEnd } from './record-end.ts';

/**
 * Sets a hold: the guardian writes nothing from now on, to a key, a vault, or everything. One person alone can set it;
 * everyone is alerted. Throws `NotAllowed` where it is to last longer than one person alone can say.
 */
export async function setHold(
  on: Pick<Hold, 'vault' | 'key'>,
  why: string,
  by: Actor,
  ports: Ports,
  durationMs = longestAlone(on),
): Promise<Hold> {
  if (durationMs > longestAlone(on))
    throw new NotAllowed(
      `One person alone can hold ${spellHold(on)} for ${longestAlone(on) / MINUTE_MS} minutes at most: set it for that long, and let another person extend it.`,
    );
  const now = ports.now();
  const set: Hold = { ...on, id: ports.newId(), by, why, from: now, until: later(now, durationMs) };
  // The hold is in force from here on; its record and its alert follow.
  await ports.tables.holds.put('holds', set.id, set);
  await ports.trail.append([entry('hold', subjectOfHold(on), { event: 'set', hold: set }, ports, { who: by })]);
  await openIncident(holdSet.draft(set), ports, incidentOfHold(set));
  return set;
}

/** Extends a hold in force. Throws `NotAllowed` where its setter asks for it, and where it has ended. */
export async function extendHold(id: string, durationMs: number, by: Actor, ports: Ports): Promise<Hold> {
  const stored = await findHold(id, ports);
  const { value } = stored;
  if (value.by.oid.toLowerCase() === by.oid.toLowerCase())
    throw new NotAllowed('Who set a hold cannot extend it: another person has to.');
  if (!isInForce(value, ports.now())) throw new NotAllowed(`Hold ${id} has ended: set another one.`);
  const at = ports.now();
  const until = later(at, durationMs);
  const extended: Hold = { ...value, until, extended: [...(value.extended ?? []), { by, at, until }] };
  await stored.change('extended', extended, by);
  await openIncident(holdSet.draft(extended), ports, incidentOfHold(extended));
  return extended;
}

/** Releases a hold before its end. What changed during it stays as it is until a person settles it. */
export async function releaseHold(id: string, by: Actor, ports: Ports): Promise<Hold> {
  const stored = await findHold(id, ports);
  if (stored.value.released === undefined && !isInForce(stored.value, ports.now())) return stored.value;
  const released: Hold = { released: { by, at: ports.now() }, ...stored.value };
  if (stored.value.released === undefined) await stored.change('released', released, by);
  await recordEnd('hold', id, subjectOfHold(released), by, ports);
  // Also where somebody released it and stopped half way: its alert ends with it.
  await endIncidentOf(released, `released by ${by.name ?? by.oid}`, ports);
  return released;
}

/** The result of settling a hold. */
export interface Settled {
  readonly hold: Hold;
  /** The keys that changed during it. */
  readonly keys: readonly KeyId[];
  /** With `accept`, the approvals that were asked for; a second person grants them. */
  readonly asked: readonly Approval[];
}

/**
 * Settles what changed during a hold, and releases the hold where it is still in force. `undo` lets the guardian undo it for
 * keys in `block`; `accept` asks for an approval of each changed state, which a second person grants. The last word counts:
 * what an earlier `accept` asked for is withdrawn.
 */
export async function settleHold(id: string, as: Settlement, by: Actor, ports: Ports): Promise<Settled> {
  await releaseHold(id, by, ports);
  const changed = await changedUnder(id, ports);
  await withdrawAsked(id, by, ports);
  const stored = await findHold(id, ports);
  const hold: Hold = { ...stored.value, settled: { by, at: ports.now(), as } };
  await stored.change(`to ${as}`, hold, by);
  const asked: Approval[] = [];
  if (as === 'accept') for (const each of changed) asked.push(await askFor(each, hold, by, ports));
  const keys = [...new Map(changed.map(({ vault, key }) => [`${vault}/${key}`, { vault, key }])).values()];
  for (const key of keys) await wake(key, ports);
  return { hold, keys, asked };
}

/** How long an approval lasts that `accept` asks for, in ms. */
const ASKED_FOR_MS = DAY_MS;

interface Changed extends KeyId {
  readonly version: string;
  readonly acts: readonly ApprovableAct[];
}

/** The keys and versions that may have changed during a hold and are not as approved. Throws `RowUnreadable` where a row cannot be read. */
async function changedUnder(id: string, ports: Ports): Promise<readonly Changed[]> {
  const changed: Changed[] = [];
  for (const vault of guardedVaults(ports.policy)) {
    const { known, unreadable } = await readKeys(ports.tables.keys, vault);
    for (const error of unreadable.values()) throw error;
    for (const [key, { record }] of known) {
      const names = Object.entries(record.observed.differing).flatMap(([name, { hold }]) =>
        hold === id ? [name] : [],
      );
      const byVersion = Map.groupBy(names, (name) => name.split(':')[0] ?? '');
      for (const [version, its] of byVersion) {
        const acts = approvableActs.filter((act) => its.includes(`${version}:${act}`));
        changed.push({ vault, key, version: version === '' ? '*' : version, acts });
      }
    }
  }
  return changed;
}

function askFor({ vault, key, version, acts }: Changed, hold: Hold, by: Actor, ports: Ports): Promise<Approval> {
  const from = ports.now();
  const why = `It changed during hold ${hold.id}: ${hold.why}`;
  return askApproval(
    { vault, key, version, acts, by: 'anyone', from, until: later(from, ASKED_FOR_MS), why, hold: hold.id },
    by,
    ports,
  );
}

/** Withdraws what was asked for when the hold was settled before: left open, it would cover an act that nobody meant. */
async function withdrawAsked(hold: string, by: Actor, ports: Ports): Promise<void> {
  for (const vault of guardedVaults(ports.policy)) {
    for (const asked of await readApprovals(ports, vault))
      if (asked.hold === hold) await withdrawApproval(vault, asked.id, by, ports);
  }
}

const wake = (id: KeyId, { queues, newId, now }: Ports): Promise<void> =>
  queues.inspections.send(
    inspectionFor(keyOf(id), {
      id: newId(),
      sense: 'follow-up',
      sensedAt: now(),
      says: { kind: 'inspect-again', why: 'a hold was settled' },
    }),
  );

const findHold = (id: string, ports: Ports): Promise<Found<Hold>> =>
  find(ports.tables.holds, 'hold', 'holds', id, subjectOfHold, ports);
