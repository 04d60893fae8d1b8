import type { Decision } from '../domain/decision.ts';
import type { Inspection } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { later, SECOND_MS } from '../domain/time.ts';
import type { Refusal } from '../domain/vault.ts';
import { incidentId } from '../incidents/draft.ts';
import { keyUnreadable } from '../incidents/kinds/key-unreadable.ts';
import { openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { changeKey, type KeyRow, writeKey } from '../register/keys.ts';
import { TOLD_AFTER_MS } from './key-drafts.ts';

/** Asks for another look where something settles or failed; once, whoever asks. Returns when it is; `undefined` where none is needed. */
export async function lookAgain(
  id: KeyId,
  message: Inspection,
  decision: Decision,
  failure: string | undefined,
  record: KeyRecord,
  ports: Ports,
): Promise<Date | undefined> {
  const planned = record.nextLookAt !== undefined && record.nextLookAt.getTime() > ports.now().getTime();
  if (failure !== undefined) {
    if (planned && message.attempt === 0) return record.nextLookAt;
    const afterSeconds = delaySeconds(message.attempt);
    await ports.queues.inspections.send({ ...message, attempt: message.attempt + 1 }, afterSeconds);
    return later(ports.now(), afterSeconds * SECOND_MS);
  }
  // What the last round has decided may not be done yet.
  const isMoreToDo = decision.actions.length > 0;
  const seconds = isMoreToDo ? MORE_TO_DO_SECONDS : decision.lookAgainInSeconds;
  if (seconds === undefined) return undefined;
  if (planned) return record.nextLookAt;
  await ports.queues.inspections.send(followUp(id, isMoreToDo ? 'more to do' : 'settling', message, ports), seconds);
  return later(ports.now(), seconds * SECOND_MS);
}

const MORE_TO_DO_SECONDS = 1;

const followUp = (id: KeyId, why: string, { pass }: Inspection, { newId, now }: Ports): Inspection => ({
  ...id,
  hints: [{ id: newId(), sense: 'follow-up', heardAt: now(), says: { kind: 'look-again', why } }],
  attempt: 0,
  ...(pass === undefined ? {} : { pass }),
});

/** 1, 2, 4 … 60 s. */
const delaySeconds = (attempt: number): number => Math.min(60, 2 ** Math.min(attempt, 6));

/** A refusal to read is passing: look again later, and tell once it has lasted two minutes. It never means absent. */
export async function cannotRead(
  id: KeyId,
  message: Inspection,
  known: KeyRow,
  record: KeyRecord,
  refusal: Refusal,
  ports: Ports,
): Promise<void> {
  const now = ports.now();
  const failing = record.failing ?? { since: now, because: refusal.kind };
  const planned =
    record.nextLookAt !== undefined && record.nextLookAt.getTime() > now.getTime() && message.attempt === 0;
  const afterSeconds = delaySeconds(message.attempt);
  if (!planned)
    await ports.queues.inspections.send(
      { ...message, attempt: message.attempt + 1, failingSince: failing.since },
      afterSeconds,
    );
  if (now.getTime() - failing.since.getTime() >= TOLD_AFTER_MS) {
    const draft = keyUnreadable.draft(id, failing.since, refusal.kind);
    await openIncident(draft, ports, incidentId(draft));
  }
  await save(
    id,
    known,
    {
      ...record,
      failing: { ...failing, because: refusal.kind },
      nextLookAt: planned ? record.nextLookAt : later(now, afterSeconds * SECOND_MS),
    },
    ports,
  );
}

/**
 * Writes the register's row. Where the sweep was faster, what it saw gives way to what was read under the claim; where
 * what is approved was changed meanwhile, by a person or by whoever took the key over, that stands.
 */
export async function save(id: KeyId, from: KeyRow, record: KeyRecord, { tables }: Ports): Promise<void> {
  if ((await writeKey(tables.keys, id, from, record)) !== undefined) return;
  await changeKey(tables.keys, id, (standing) => {
    if (approvedIn(standing) === approvedIn(from.record)) return record;
    const { acts, actsCutUntil, undone, recovering, purged } = record;
    return { ...standing, acts, actsCutUntil, undone, recovering, purged, lastLookFound: true };
  });
}

const approvedIn = ({ versions, approvedDeletion }: KeyRecord): string =>
  JSON.stringify([
    Object.entries(versions).map(([version, { approved, distrusted }]) => [version, approved, distrusted]),
    approvedDeletion,
  ]);
