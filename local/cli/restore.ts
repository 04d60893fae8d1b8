import { type Action, factsOf, type KeyAction, keyFactsOf } from '../../shared/domain/actions/registry.ts';
import { type KeyId, spell } from '../../shared/domain/key.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { answeredOutcome } from '../../shared/guard/act.ts';
import { CLAIM_MS } from '../../shared/guard/claim.ts';
import type { Said } from '../../shared/guard/keys/restore.ts';
import {
  differingReport,
  previewReport,
  type RestorePreview,
  type RestoreReport,
  restoreReport,
} from '../../shared/people/reports.ts';
import type { Context } from './context.ts';

const ASK_EVERY_MS = 500;
/** Characters of a reason at most, as the guardian takes it. */
const MOST_CHARACTERS = 1_000;

/** What to restore. */
export interface Restoring {
  readonly vault: string;
  /** `undefined`: every key of the vault that is not as approved. */
  readonly key: string | undefined;
  /** The only version for which approvals are taken back; `undefined` for all. */
  readonly version: string | undefined;
  /** Only say what would be restored. */
  readonly dryRun: boolean;
  /** Take approvals back as well: what was approved before them is approved again. */
  readonly alsoApproved: boolean;
}

/**
 * Restores keys to what was approved, in any mode and during any hold. The guardian says what to write; it is written under
 * the rights of the person who runs it, and the guardian reads from the vault what came of it. Retired versions stay retired
 * unless approvals are taken back. Throws `NotAllowed`, with everything that was done, where a key is not as approved
 * afterwards.
 *
 * @param waitsMs how long it goes on for a key: while the guardian has the claim on it, and while a recovered key comes back
 */
export async function restore(wanted: Restoring, context: Context, waitsMs = CLAIM_MS): Promise<string> {
  const { vault, key, alsoApproved } = wanted;
  if (key !== undefined) return restoreKey({ ...wanted, key }, context, waitsMs);
  const { keys, sweptAt } = await context.api.get(`restore/${vault}?alsoApproved=${alsoApproved}`, differingReport);
  if (keys.length === 0)
    return `No key of ${vault} differed from what was approved when it was last swept, ${sweptAt === undefined ? 'never' : utc(sweptAt)}: there is nothing to restore.`;
  const said: string[] = [];
  const failed: string[] = [];
  for (const one of keys) {
    await restoreKey({ ...wanted, key: one }, context, waitsMs).then(
      (lines) => said.push(lines),
      (error: unknown) => {
        if (!(error instanceof NotAllowed)) throw error;
        failed.push(error.message);
      },
    );
  }
  if (failed.length > 0) throw new NotAllowed([...said, ...failed].join('\n'));
  return said.join('\n');
}

type Wanted = Restoring & KeyId;

const nothingToDo = ({ vault, key }: Wanted): string =>
  `${spell({ vault, key })} is as it was approved: there is nothing to restore.`;

async function restoreKey(wanted: Wanted, context: Context, waitsMs: number): Promise<string> {
  if (wanted.dryRun) return preview(wanted, context);
  const { back, done, left, isFailed } = await restoreUntilDone(wanted, context, waitsMs);
  const lines = [...back, ...done, ...notRestored(wanted, left, context)];
  if (left.length > 0 || isFailed) throw new NotAllowed(lines.join('\n'));
  return lines.length === 0 ? nothingToDo(wanted) : lines.join('\n');
}

async function preview(wanted: Wanted, context: Context): Promise<string> {
  const { vault, key, version, alsoApproved } = wanted;
  const query = new URLSearchParams({
    alsoApproved: String(alsoApproved),
    ...(version === undefined ? {} : { version }),
  }).toString();
  const report = await context.api.get(`restore/${vault}/${key}?${query}`, previewReport);
  if (report.kind === 'unreadable') throw new NotAllowed(cannotBeRead(wanted, report.because));
  const would = [...report.takenBack.map(spellTakenBack), ...report.actions.map((action) => factsOf(action).says)];
  const left = notRestored(wanted, report.left, context);
  if (would.length === 0 && left.length > 0) throw new NotAllowed(left.join('\n'));
  if (would.length === 0) return nothingToDo(wanted);
  return [`${spell({ vault, key })} would be restored:`, ...would.map((line) => `  ${line}`), ...left].join('\n');
}

/** What came of restoring a key: lines, and what is left. */
interface Restored {
  readonly back: readonly string[];
  readonly done: readonly string[];
  readonly left: RestorePreview['left'];
  readonly isFailed: boolean;
}

/** Restores until nothing is left to do. A deleted key needs time to come back, and only then its versions can be restored. */
async function restoreUntilDone(wanted: Wanted, context: Context, waitsMs: number): Promise<Restored> {
  const { vault, key, version, alsoApproved } = wanted;
  const began = performance.now();
  const back: string[] = [];
  const allowed: string[] = [];
  const done: string[] = [];
  for (;;) {
    const askedAt = performance.now();
    const answer = await context.api.post(`restore/${vault}/${key}`, { version, alsoApproved }, restoreReport);
    const report = answer.kind === 'planned' ? await carriedOut(answer, wanted, context, askedAt) : answer;
    for (const { takenBack, allowed: again } of 'takenBack' in answer ? [answer] : []) {
      back.push(...takenBack.map(spellTakenBack));
      allowed.push(...again.flatMap((approval) => allowedLines(approval, wanted, context)));
    }
    const tookMs = performance.now() - began;
    const givenUp = (why: string): NotAllowed => new NotAllowed([...back, ...done, ...allowed, why].join('\n'));
    if (report.kind === 'unreadable') throw givenUp(cannotBeRead(wanted, report.because));
    if (report.kind === 'busy' && tookMs > waitsMs)
      throw givenUp(`The guardian is still at work on ${spell({ vault, key })}: try again.`);
    if (report.kind === 'ended') {
      done.push(...report.ended.map(lineOf));
      const isFailed = report.ended.some(({ outcome }) => outcome === 'failed' || outcome === 'unknown');
      const isOver = tookMs > waitsMs;
      if (isOver && report.isComing && report.left.length === 0)
        throw givenUp(`${spell({ vault, key })} is not as it was approved yet: run this command again in a minute.`);
      if (isOver || !report.isComing) return { back, done: [...done, ...allowed], left: report.left, isFailed };
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

type Planned = RestoreReport & { readonly kind: 'planned' };

/**
 * Makes the writes under the person's own rights, one after the other, and has the guardian read what came of them. Throws
 * `NotAllowed`, and writes nothing, where it answered a write to another key.
 *
 * @param what was planned
 * @param askedAt when that was asked for, by `performance.now()`
 */
export async function carriedOut(
  { id, intents }: Planned,
  { vault, key }: KeyId,
  { api, writes }: Context,
  askedAt: number,
  what: 'restore' | 'rotate' = 'restore',
): Promise<Exclude<RestoreReport, Planned>> {
  const said: Said[] = [];
  const asked = intents.map(({ id, action }) => {
    if (action.kind === 'update-set' || action.vault !== vault || action.key !== key)
      throw new NotAllowed(
        `The guardian answered a write to ${spell(action)}, which nobody asked for: nothing was written.`,
      );
    return { id, action };
  });
  for (const intent of asked) {
    // After that the guardian may be at work on the key again.
    if (performance.now() - askedAt >= CLAIM_MS) break;
    said.push({ intent: intent.id, ...(await sent(intent, writes)) });
  }
  const report = await api.post(`${what}/${vault}/${key}/${id}`, { said }, restoreReport);
  if (report.kind === 'planned') throw new NotAllowed('The guardian planned something while it was to end it.');
  return report;
}

async function sent(
  { id, action }: { readonly id: string; readonly action: KeyAction },
  writes: Context['writes'],
): Promise<Omit<Said, 'intent'>> {
  const outcome = answeredOutcome(await keyFactsOf(action).send({ writes }, id));
  if (outcome.kind === 'begun') return outcome;
  const kind = 'mayBeDone' in outcome ? 'unknown' : outcome.kind;
  return { kind, because: outcome.because.slice(0, MOST_CHARACTERS) };
}

function allowedLines(
  { id, acts, until }: Planned['allowed'][number],
  { vault }: Wanted,
  { runnable }: Context,
): readonly string[] {
  const withdraw = runnable(`key-guardian approve withdraw ${vault} ${id}`);
  return [
    `Approval ${id} allows ${acts.join(', ')} again until ${utc(until)}, unless it is withdrawn${withdraw === undefined ? '.' : ':'}`,
    ...(withdraw === undefined ? [] : [`  ${withdraw}`]),
  ];
}

const cannotBeRead = ({ vault, key }: Wanted, because: string): string =>
  `${spell({ vault, key })} cannot be read: ${because}.`;

/** What came of one write, as a line. */
export function lineOf({
  action,
  outcome,
  because,
}: {
  readonly action: Action;
  readonly outcome: string;
  readonly because?: string | undefined;
}): string {
  const why = because === undefined ? '' : `: ${because}`;
  return `${factsOf(action).says}: ${outcome === 'failed' ? 'refused' : outcome.replace('-', ' ')}${why}`;
}

const spellTakenBack = (what: 'deletion' | 'version'): string =>
  what === 'deletion'
    ? 'take back the approved deletion: the key is guarded again'
    : 'take back what approvals allowed';

/**
 * Lines for what is not as approved and cannot be restored by a write: what was found, and what a person can do. Empty where
 * there is nothing.
 */
const notRestored = ({ vault, key }: Wanted, left: RestorePreview['left'], context: Context): readonly string[] =>
  left.length === 0
    ? []
    : [`${spell({ vault, key })} is not as it was approved:`, ...left.flatMap((one) => whatToDo(one, context))];

function whatToDo(
  { summary, verdict, because, commands }: RestorePreview['left'][number],
  { runnable }: Context,
): readonly string[] {
  const lines = (...says: readonly string[]): readonly string[] => [
    `  ${summary}`,
    ...says.map((line) => `    ${line}`),
  ];
  switch (verdict) {
    case 'settling':
      return lines('It is settling: run this command again in a minute.');
    case 'withheld':
      return because === 'managed'
        ? lines('This cannot be restored here: the key belongs to a certificate. Restore the certificate instead.')
        : lines(`This cannot be restored: ${because}.`);
    case 'left-to-people':
      return lines(
        'No write can restore this. What a person can do:',
        ...commands.flatMap((command) => runnable(command) ?? []),
      );
    default:
      return verdict satisfies never;
  }
}
