import { isDeepStrictEqual } from 'node:util';
import { type ApprovableAct, type Approval, approval } from '../domain/approval.ts';
import { type Actor, NO_VAULT } from '../domain/audit-record.ts';
import { DEFAULT_HOLD_MS, type Hold, hold } from '../domain/hold.ts';
import { later } from '../domain/time.ts';
import { NotAllowed } from '../errors.ts';
import { holdSet } from '../incidents/kinds/hold-set.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';
import type { Row } from '../storage.ts';
import { entry } from '../trail/entries.ts';
import { incidentOfHold } from './ended-holds.ts';

/** What somebody asks to be allowed. */
export interface Request {
  readonly vault: string;
  /** A key's name, or `*` for the whole vault. */
  readonly key: string;
  /** A version, or `*`. */
  readonly version: string;
  readonly acts: readonly ApprovableAct[];
  /** Object id, or `anyone`. */
  readonly by: string;
  readonly from: Date;
  readonly until: Date;
  readonly why: string;
  readonly ticket?: string;
}

/** Asks for an approval. It covers nothing until somebody else grants it. */
export async function askApproval(request: Request, asker: Actor, ports: Ports): Promise<Approval> {
  if (request.until.getTime() <= request.from.getTime())
    throw new NotAllowed('The window ends before it begins: give a later end.');
  const asked: Approval = {
    ...request,
    acts: [...request.acts],
    id: ports.newId(),
    asked: { by: asker, at: ports.now() },
  };
  await record('approval', asked, { event: 'asked', approval: asked }, asker, ports);
  await ports.tables.approvals.put(request.vault, asked.id, asked);
  return asked;
}

/** Grants an approval. Throws `NotAllowed` where the granter is the one who asked, or where it cannot be granted any more. */
export async function grantApproval(vault: string, id: string, granter: Actor, ports: Ports): Promise<Approval> {
  const { row, value } = await found(vault, id, ports);
  if (value.asked.by.oid === granter.oid)
    throw new NotAllowed('Who asks for an approval cannot grant it: somebody else has to.');
  if (value.withdrawn !== undefined) throw new NotAllowed(`Approval ${id} was withdrawn.`);
  if (value.granted !== undefined) return value;
  const granted: Approval = { ...value, granted: { by: granter, at: ports.now() } };
  await change('approval', row, granted, 'granted', granter, ports);
  return granted;
}

/** Withdraws an approval. What it was spent on before stays approved. */
export async function withdrawApproval(vault: string, id: string, by: Actor, ports: Ports): Promise<Approval> {
  const { row, value } = await found(vault, id, ports);
  if (value.withdrawn !== undefined) return value;
  const withdrawn: Approval = { ...value, withdrawn: { by, at: ports.now() } };
  await change('approval', row, withdrawn, 'withdrawn', by, ports);
  return withdrawn;
}

/** Whether it can be the id of anything: storage refuses other keys of a row with an error of its own. */
const isId = (text: string): boolean => /^[\w-]{1,100}$/.test(text);

async function found(
  vault: string,
  id: string,
  { tables }: Ports,
): Promise<{ readonly row: Row; readonly value: Approval }> {
  const row = isId(id) ? await tables.approvals.get(vault, id) : undefined;
  if (row === undefined) throw new NotAllowed(`There is no approval ${id} in ${vault}.`);
  return { row, value: parsed(approval, row) };
}

/** Sets a hold: no write from now on, on a key, a vault, or everything. One person does it alone; it pages everyone. */
export async function setHold(
  on: Pick<Hold, 'vault' | 'key'>,
  why: string,
  by: Actor,
  ports: Ports,
  durationMs = DEFAULT_HOLD_MS,
): Promise<Hold> {
  const now = ports.now();
  const set: Hold = { ...on, id: ports.newId(), by, why, from: now, until: later(now, durationMs) };
  // The hold counts from here; that it is recorded and told may follow.
  await ports.tables.holds.put('holds', set.id, set);
  await record('hold', on, { event: 'set', hold: set }, by, ports);
  await openIncident(holdSet.draft(set), ports, incidentOfHold(set));
  return set;
}

/** Releases a hold before its end. */
export async function releaseHold(id: string, by: Actor, ports: Ports): Promise<Hold> {
  const row = isId(id) ? await ports.tables.holds.get('holds', id) : undefined;
  if (row === undefined) throw new NotAllowed(`There is no hold ${id}.`);
  const standing = parsed(hold, row);
  if (standing.released !== undefined) return standing;
  const released: Hold = { ...standing, released: { by, at: ports.now() } };
  await change('hold', row, released, 'released', by, ports);
  const { subject } = holdSet.draft(standing);
  await endIncidents(
    subject,
    (told) => told.id === incidentOfHold(standing),
    `released by ${by.name ?? by.oid}`,
    ports,
  );
  return released;
}

/**
 * Records what somebody says of an approval or a hold, and then lets it count. Throws `NotAllowed` where somebody else
 * was faster, once the trail says that it had no effect.
 */
async function change(
  what: 'approval' | 'hold',
  row: Row,
  next: Approval | Hold,
  event: string,
  who: Actor,
  ports: Ports,
): Promise<void> {
  const table = what === 'approval' ? ports.tables.approvals : ports.tables.holds;
  await record(what, next, { event, [what]: next }, who, ports);
  if ((await table.replace(row, next)) !== undefined) return;
  // Where only the answer was lost it took hold all the same.
  const standing = await table.get(row.partition, row.row);
  if (isDeepStrictEqual(standing?.data, JSON.parse(JSON.stringify(next)))) return;
  await record(what, next, { event: 'without-effect', said: event, id: next.id }, who, ports);
  throw new NotAllowed(`The ${what} ${next.id} was just changed by somebody else: look at it again.`);
}

async function record(
  what: 'approval' | 'hold',
  on: { readonly vault?: string | undefined; readonly key?: string | undefined },
  detail: object,
  who: Actor,
  ports: Ports,
): Promise<void> {
  const vault = on.vault ?? NO_VAULT;
  await ports.trail.append(vault, [
    entry(what, { vault, ...(on.key === undefined ? {} : { key: on.key }) }, detail, ports, { who }),
  ]);
}
