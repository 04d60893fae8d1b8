import type { Actor } from '../../domain/audit-record.ts';
import type { Decision, Ended, Intent, Outcome } from '../../domain/decision.ts';
import type { KeySubject } from '../../domain/subject.ts';
import { spellSubject } from '../../domain/subject.ts';
import { NotAllowed } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { afterReading, failureOf, intentsOf } from '../act.ts';
import { type Claim, claim, claimOwnedBy, claimWith, passOn } from '../claim.ts';
import type { Result, SubjectGuard } from '../guarded.ts';
import { concluded, decided, type Inspected, inspectOnce, LOST, underClaim, type Worked } from '../inspect.ts';
import { intentEntry, outcomeEntry } from '../records.ts';
import { keyGuard } from './guard.ts';
import { scheduleGuard } from './rotation.ts';
import type { Restorer } from './take-back.ts';

/** What a person is to write under their own rights, and the id under which they say what came of it. */
export interface Planned {
  readonly kind: 'planned';
  /** The owner of the claim on the key. It ends by itself after `CLAIM_MS`. */
  readonly id: string;
  readonly intents: readonly Intent[];
}

/** What the vault answered to one intent, as the person says. Whether it was done is read from the vault. */
export interface Said {
  readonly intent: string;
  readonly kind: 'begun' | 'failed' | 'unknown';
  readonly because?: string | undefined;
}

/** What restoring a key would do now. Claims nothing and writes nothing. */
export async function previewRestore(
  subject: KeySubject,
  restorer: Restorer,
  ports: Ports,
): Promise<Decision | (Inspected & { readonly kind: 'not-observed' })> {
  const begun = await guardFor(subject, restorer).begin({ subject, hints: [], attempt: 0 }, ports);
  return begun.kind === 'not-observed' ? begun : begun.guarded.decide(ports.now()).decision;
}

/**
 * Plans what a person restores: approvals are taken back, the intents are in the trail, and nobody else works on the key until
 * the person has said what came of them, or the claim has ended. The guardian inspects the key first: so nobody keeps it from
 * alerting, or from undoing what it may undo, by planning again and again.
 */
export const planRestore = (subject: KeySubject, restorer: Restorer, ports: Ports): Promise<Inspected | Planned> =>
  planWrites(subject, restorer.who, () => guardFor(subject, restorer), ports);

/** Plans the rotation of a key that a person orders, as `planRestore` plans what one restores. */
export const planRotation = (subject: KeySubject, who: Actor, ports: Ports): Promise<Inspected | Planned> =>
  planWrites(subject, who, ({ decision }) => scheduleGuard(subject, decision, 'asked'), ports);

async function planWrites(
  subject: KeySubject,
  who: Actor,
  guardAfter: (first: Result) => SubjectGuard,
  ports: Ports,
): Promise<Inspected | Planned> {
  const message = { subject, hints: [], attempt: 0 };
  const first = await inspectOnce(message, guardFor(subject), ports);
  if (first.kind !== 'ended') return first;
  const mine = await claim(subject, ports);
  // What a worker left open meanwhile is closed by the inspection that comes after this claim.
  if (mine === undefined || mine.open.length > 0) return LOST.result;
  return underClaim(message, guardAfter(first), mine, ports, async (begun): Promise<Worked<Inspected | Planned>> => {
    const { progress, decision } = await decided(begun, [], ports);
    if (decision.actions.length === 0)
      return concluded({ progress, decision, failure: undefined, isUnread: false }, ports);
    await progress.guarded.keep();
    const intents = intentsOf(decision, ports, who);
    const claimed = await claimWith(progress.claim, intents, ports);
    if (claimed === undefined) return LOST;
    await ports.trail.append([...progress.before, ...intents.map((intent) => intentEntry(intent, ports))]);
    return { result: { kind: 'planned', id: claimed.stored.value.owner, intents }, left: undefined };
  });
}

/**
 * Ends what `planRestore` began: reads the vault, records the outcome of each intent by what it shows, and alerts people.
 * Throws `NotAllowed` where nothing is under way by that id, where another person began it, and for an intent that was not
 * planned.
 */
export const endRestore = (
  subject: KeySubject,
  id: string,
  said: readonly Said[],
  restorer: Restorer,
  ports: Ports,
): Promise<Inspected> => endWrites(subject, id, said, restorer.who, guardFor(subject, restorer), ports);

/** Ends what `planRotation` began, as `endRestore` does. */
export const endRotation = (
  subject: KeySubject,
  id: string,
  said: readonly Said[],
  who: Actor,
  ports: Ports,
): Promise<Inspected> =>
  endWrites(subject, id, said, who, scheduleGuard(subject, { judgements: [] }, 'written'), ports);

async function endWrites(
  subject: KeySubject,
  id: string,
  said: readonly Said[],
  who: Actor,
  guard: SubjectGuard,
  ports: Ports,
): Promise<Inspected> {
  const planned = await plannedBy(who, id, subject, ports);
  const stranger = said.find(({ intent }) => planned.open.every((one) => one.id !== intent));
  if (stranger !== undefined)
    throw new NotAllowed(`No write ${stranger.intent} was planned for ${spellSubject(subject)}.`);
  const mine = await passOn(planned, ports);
  if (mine === undefined) throw nothingUnderWay(id, subject);
  const message = { subject, hints: [], attempt: 0 };
  return underClaim(message, guard, mine, ports, async (begun) => {
    const ended = mine.open
      .map((intent) => endedBySaid(intent, said))
      .map((one) => afterReading(one, begun.guarded.isShown(one.intent.action)));
    const before = [...begun.before, ...ended.map((one) => outcomeEntry(one, ports))];
    const read = { ...begun, guarded: await begun.guarded.withEnded(ended), before, ended };
    const { progress, decision } = await decided(read, [], ports);
    const failure = ended.map(failureOf).find((because) => because !== undefined);
    return concluded({ progress, decision, failure, isUnread: false }, ports);
  });
}

function guardFor(subject: KeySubject, restorer?: Restorer) {
  const guard = keyGuard(restorer)(subject);
  if (guard === undefined) throw new NotAllowed(`Nothing guards ${spellSubject(subject)}.`);
  return guard;
}

async function plannedBy(who: Actor, id: string, subject: KeySubject, ports: Ports): Promise<Claim> {
  const planned = await claimOwnedBy(id, subject, ports);
  // A claim of the guardian's own is nobody's to end.
  if (planned === undefined || planned.open.length === 0 || planned.open.some(({ by }) => by === undefined))
    throw nothingUnderWay(id, subject);
  if (planned.open.some(({ by }) => by?.oid.toLowerCase() !== who.oid.toLowerCase()))
    throw new NotAllowed('Another person began this: who began it has to end it.');
  return planned;
}

const nothingUnderWay = (id: string, subject: KeySubject): NotAllowed =>
  new NotAllowed(
    `No restore ${id} of ${spellSubject(subject)} is under way: it has ended, or took longer than 30 s. The guardian reads from the vault what came of it.`,
  );

/** How an intent ended as the person says. That the service refused a date is not taken from them: another date would be approved for it. */
function endedBySaid(intent: Intent, said: readonly Said[]): Ended {
  const { kind, because = 'Nobody said what came of it.' } = said.find((one) => one.intent === intent.id) ?? {
    kind: 'unknown',
  };
  const outcome: Outcome = kind === 'begun' ? { kind } : { kind, because };
  return { intent, outcome, isTaken: kind !== 'failed' };
}
