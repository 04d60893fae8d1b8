import { ensureBaseline } from '../approvals/ensure-baseline.ts';
import { readApprovals, readHolds } from '../approvals/read.ts';
import type { AuditEntry } from '../domain/audit-record.ts';
import type { Hint, Inspection } from '../domain/hint.ts';
import { type KeyId, spell } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { KeyRecord } from '../domain/register.ts';
import { RegisterUnreadable } from '../errors.ts';
import { hourOf } from '../incidents/draft.ts';
import { trailBehind } from '../incidents/kinds/trail-behind.ts';
import { setAsideWhole } from '../incidents/quarantine.ts';
import { openIncident, readBook } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKey } from '../register/keys.ts';
import { tellUnreadable } from '../register/tell-unreadable.ts';
import { readBaseline, readSweep } from '../register/vaults.ts';
import { type Claim, claimedBackSeconds, claimKey, releaseClaim } from './claim.ts';
import { hintEntry } from './entries.ts';
import { heardIncidents, lettingActsGo, unjudged, withActs } from './heard.ts';
import { tellOfKey, tellOfNews } from './key-incidents.ts';
import { cannotRead, lookAgain, save } from './look-again.ts';
import { firstReads, observe } from './observe.ts';
import { unexplainedActs } from './own-acts.ts';
import { closeOpen, type Undoing, undo } from './undo.ts';

/**
 * Looks at one key now: claims it, reads it as it is, decides, undoes, reads back, records and tells. Waking it twice, in
 * any order, from two instances, or again after a crash, leads to the same end. Throws where storage does not take what
 * must be recorded, so that the platform delivers the message again; nothing was written to the vault then.
 */
export async function inspect(message: Inspection, ports: Ports): Promise<void> {
  const id: KeyId = { vault: message.vault, key: message.key };
  if (!keyPolicy(ports.policy, id.vault, id.key).guarded) return;
  const claim = await claimKey(id, ports);
  if (claim === undefined) return ports.queues.inspections.send(message, claimedBackSeconds(ports));
  const ended = await lookUnlessUnreadable(id, message, claim, ports);
  if (ended !== undefined) await releaseClaim(ended, ports);
}

/**
 * A row of the register that cannot be read would not get better by being read again: it is told, and nothing is
 * written. After any other failure the key is free again at once where nothing was meant to be written: a claim that
 * has intents by now is another row, and stays.
 */
async function lookUnlessUnreadable(
  id: KeyId,
  message: Inspection,
  claim: Claim,
  ports: Ports,
): Promise<Claim | undefined> {
  try {
    return await look(id, message, claim, ports);
  } catch (error) {
    if (error instanceof RegisterUnreadable) {
      // Nothing is judged, and what was heard is in the trail all the same.
      if (message.attempt === 0)
        await append(
          id,
          message.hints.filter(saysNews).map((hint) => hintEntry(id, hint, ports)),
          ports,
        );
      await tellUnreadable(id, error, ports);
      return claim.open.length === 0 ? claim : undefined;
    }
    if (claim.open.length > 0) throw error;
    const [released] = await Promise.allSettled([releaseClaim(claim, ports)]);
    if (released.status === 'fulfilled') throw error;
    throw new AggregateError([error, released.reason], `Looking at ${spell(id)} failed, and so did giving it back.`);
  }
}

/** What a look rests on: everything that was read of a key before anything was decided. */
async function readAll(id: KeyId, ports: Ports) {
  const reads = ports.reads(id.vault);
  const [first, known, approvals, holds, baseline, book, swept] = await Promise.all([
    firstReads(reads, id),
    readKey(ports.tables.keys, id),
    readApprovals(ports, id.vault),
    readHolds(ports),
    readBaseline(ports.tables.vaults, id.vault),
    readBook(ports, id),
    readSweep(ports.tables.vaults, id.vault),
  ]);
  return { first, known, approvals, holds, baseline, book, swept };
}

/** As `readAll`; a register that lost its vault is rebuilt before a look takes what it finds for a new key. */
async function readKnown(id: KeyId, ports: Ports) {
  const all = await readAll(id, ports);
  if (all.known.row !== undefined || all.baseline?.state !== 'accepted') return all;
  if ((await ports.tables.keys.list(id.vault)).length === 0) await ensureBaseline(id.vault, ports);
  return readAll(id, ports);
}

/** Returns the claim to release; `undefined` where somebody took it over, or where it has to go on naming what is open. */
async function look(id: KeyId, message: Inspection, claim: Claim, ports: Ports): Promise<Claim | undefined> {
  const lookBeganAt = ports.now();
  const all = await readKnown(id, ports);
  const { first, known, approvals, holds, baseline, swept } = all;
  const record = withActs(known.record, message.hints);
  const news = message.hints.filter((hint) => isNews(hint, known.record));
  // A message that comes again after a failure brings the same news: they are in the trail.
  const before: readonly AuditEntry[] = message.attempt > 0 ? [] : news.map((hint) => hintEntry(id, hint, ports));
  const observation = await observe(ports.reads(id.vault), id, first, record);
  // Told before anything is written: delivered again after a crash, the record would meet the intents of this look.
  const unexplained = await unexplainedActs(id, news, ports);
  if (observation.kind === 'refused') {
    if (before.length > 0) await append(id, before, ports);
    await tellOfNews([...heardIncidents(id, news, record, approvals, false), ...unexplained], ports);
    const kept = { ...lettingActsGo(record, ports.now()), unjudged: [...unjudged(news, record)] };
    await cannotRead(id, message, known, kept, observation.refusal, ports);
    return claim.open.length === 0 ? claim : undefined;
  }
  await tellOfNews(unexplained, ports);

  const constant = {
    ...id,
    policy: keyPolicy(ports.policy, id.vault, id.key),
    listedKeys: message.pass?.listedKeys,
    baselineAccepted: baseline?.state === 'accepted',
    approvals,
    badBefore: message.pass?.badBefore,
    lastPassAt: message.pass === undefined ? swept?.state.lastPassAt : message.pass.lastPassAt,
    lookBeganAt,
  };
  const begun = await closeOpen(
    id,
    { claim, observed: observation.key, readAt: lookBeganAt, record, before, undone: [] },
    ports,
  );
  const undoing = await undo(id, begun, constant, holds, message.hints, ports);
  if (undoing.kind === 'lost-claim') {
    // Whoever took the key over has not heard what this message says.
    await ports.queues.inspections.send(message, claimedBackSeconds(ports));
    return undefined;
  }
  return conclude(id, message, all, news, undoing, ports);
}

/** Records, tells and saves what a look came to. */
async function conclude(
  id: KeyId,
  message: Inspection,
  { known, approvals, book }: Awaited<ReturnType<typeof readAll>>,
  news: readonly Hint[],
  { decision, failure, unread, progress }: Extract<Undoing, { kind: 'ended' }>,
  ports: Ports,
): Promise<Claim | undefined> {
  if (progress.before.length > 0) await append(id, progress.before, ports);
  const usable = progress.observed.kind === 'present' && decision.judgements.length === 0;
  const heard = heardIncidents(id, [...unjudged([], known.record), ...news], progress.record, approvals, usable);
  const since = progress.record.unwritable?.since ?? ports.now();
  const after: KeyRecord = {
    ...lettingActsGo(progress.record, ports.now()),
    failing: undefined,
    unjudged: undefined,
    unwritable: failure === undefined ? undefined : { since, because: failure },
  };
  await tellOfKey(id, book.booked, { undone: progress.undone, decision, failure, heard, record: after }, ports);
  for (const { content, message: because } of book.unreadable)
    await setAsideWhole({ content, because }, 'incidents', ports);
  await save(id, known, { ...after, nextLookAt: await lookAgain(id, message, decision, failure, after, ports) }, ports);
  // What nobody could read back stays open in the claim: whoever takes it over closes it by reading.
  return unread ? undefined : progress.claim;
}

/** Whether a hint says something of its own that the register has not heard: acts by people, refusals, our own acts. */
const isNews = (hint: Hint, record: KeyRecord): boolean =>
  saysNews(hint) && !record.acts.some((act) => act.id === hint.id);

function saysNews({ says }: Hint): boolean {
  switch (says.kind) {
    case 'act':
    case 'own-act':
    case 'refused':
    case 'unknown-user':
      return true;
    case 'differs':
    case 'look-again':
    case 'new-version':
      return false;
    default:
      return says satisfies never;
  }
}

/** Appends, and tells where the trail's storage did not take it. */
async function append(id: KeyId, entries: readonly AuditEntry[], ports: Ports): Promise<void> {
  if ((await ports.trail.append(id.vault, entries)) === 'appended') return;
  await openIncident(trailBehind.draft(id.vault, hourOf(ports.now())), ports);
}
