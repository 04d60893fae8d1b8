import type * as z from 'zod';
import { GRAPH_REFUSED, type GraphRefusal } from './domain/graph.ts';
import type { Row } from './storage.ts';

/**
 * An answer of a service that is no success. `status` is `undefined` where there was no answer; then `code` is that of the
 * network's error, such as `ECONNREFUSED`. `code` is `undefined` where the answer has none.
 */
export interface ServiceAnswer {
  readonly status: number | undefined;
  readonly code: string | undefined;
}

const spellAnswer = ({ status, code }: ServiceAnswer): string =>
  status === undefined
    ? `gave no answer${code === undefined ? '' : ` (${code})`}`
    : `answered ${status}${code === undefined ? '' : ` ${code}`}`;

/** The first fault that a schema found and where it is. It repeats no value. */
function faultIn(cause: z.ZodError | undefined): string {
  const [fault] = cause?.issues ?? [];
  return fault === undefined ? '' : `: ${[...fault.path.map(String), fault.message].join(': ')}`;
}

const MOST_REASONS = 5;
const LONGEST_REASON = 300;

/**
 * Several failures as one error. Of what a function throws the platform keeps message and stack, so the message has the
 * reasons: each once, at most five, none longer than 300 characters.
 *
 * @param what was done and failed, as a sentence
 */
export function together(failures: readonly unknown[], what: string): AggregateError {
  const reasons = [...new Set(unnested(failures).map(reasonOf))];
  const left = reasons.length - MOST_REASONS;
  const all = [what, ...reasons.slice(0, MOST_REASONS), ...(left > 0 ? [`And ${left} more.`] : [])];
  return new AggregateError(failures, all.join(' '));
}

const unnested = (failures: readonly unknown[]): readonly unknown[] =>
  failures.flatMap((failure) => (failure instanceof AggregateError ? unnested(failure.errors) : [failure]));

function reasonOf(failure: unknown): string {
  const reason = failure instanceof Error ? failure.message || failure.name : String(failure);
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}

/** A call had no answer in time: it is not waited for any longer, and may still be done. Passing. */
export class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1_000} s`);
  }
}

/** A key has another newest version than the one from which it was to be rotated: nothing was sent. */
export class AlreadyRotated extends Error {
  override readonly name = 'AlreadyRotated';
  readonly vault: string;
  readonly key: string;
  constructor(vault: string, key: string) {
    super(`Key ${vault}/${key} has another newest version than when its rotation was decided.`);
    this.vault = vault;
    this.key = key;
  }
}

/** An identity of the guardian got no token, so that nothing was sent to the service that it was for. Passing. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
  /** @param identity whose token: `the guardian's identity watcher` */
  constructor(identity: string, because: string, cause: unknown) {
    super(`No token for ${identity}: ${because}.`, { cause });
  }
}

/**
 * Storage did not answer, or refused the call. Passing: the platform delivers the message again. Where `kind` is
 * `forbidden`, a person first has to restore a right.
 */
export class StorageUnreachable extends Error {
  override readonly name = 'StorageUnreachable';
  readonly kind: 'no-token' | 'forbidden' | 'throttled' | 'unreachable';
  readonly status: number | undefined;
  /** @param answer what storage said; left out where it said nothing */
  constructor(doing: string, cause: unknown, answer: ServiceAnswer = { status: undefined, code: undefined }) {
    super(`Storage failed: ${doing}. ${cause instanceof NoToken ? cause.message : `It ${spellAnswer(answer)}.`}`, {
      cause,
    });
    this.kind = cause instanceof NoToken ? 'no-token' : storageKind(answer);
    this.status = answer.status;
  }
}

function storageKind({ status, code }: ServiceAnswer): 'forbidden' | 'throttled' | 'unreachable' {
  if (status === 401 || status === 403) return 'forbidden';
  return status === 429 || code === 'ServerBusy' ? 'throttled' : 'unreachable';
}

/** A Log Analytics workspace, or the data collection rule before it, did not answer or refused the call. Passing: asked again later. Where it lasts, a person has to restore a right or a setting. */
export class WorkspaceUnreachable extends Error {
  override readonly name = 'WorkspaceUnreachable';
  readonly status: number | undefined;
  /** @param doing what was being done: `querying the workspace 1111…` */
  constructor(doing: string, cause: unknown, answer: ServiceAnswer = { status: undefined, code: undefined }) {
    super(
      `Azure Monitor ${cause instanceof NoToken ? `was not asked: ${cause.message}` : spellAnswer(answer)}, ${doing}.`,
      {
        cause,
      },
    );
    this.status = answer.status;
  }
}

/** A vault refused a call or gave no answer. Carries the service's inner code, and nothing of the request. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused';
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** @param doing what was being done to what: `reading disk-a` */
  constructor(vault: string, doing: string, answer: ServiceAnswer, cause: unknown) {
    super(`The vault ${vault} ${spellAnswer(answer)}, ${doing}.`, { cause });
    this.status = answer.status;
    this.code = answer.code;
  }
}

/** Azure Resource Manager refused a request or gave no answer. Carries the service's code, and nothing of the request. */
export class ManagementRefused extends Error {
  override readonly name = 'ManagementRefused';
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** @param doing what was being done to what: `reading the locks of …` */
  constructor(doing: string, answer: ServiceAnswer, cause: unknown) {
    super(`Azure Resource Manager ${spellAnswer(answer)}, ${doing}.`, { cause });
    this.status = answer.status;
    this.code = answer.code;
  }
}

/** A vault's answer lacks an attribute that the service always gives, so nothing of it is used. Passing. */
export class AnswerUnreadable extends Error {
  override readonly name = 'AnswerUnreadable';
  /** @param of the id or name that the answer is about */
  constructor(of: string, lacks: string) {
    super(`The vault's answer for ${of} has no ${lacks}.`);
  }
}

/** A sweep of a vault could not be finished. Passing: the next sweep tries again. */
export class SweepRefused extends Error {
  override readonly name = 'SweepRefused';
  readonly because: string;
  constructor(vault: string, because: string, cause: unknown) {
    super(`The vault ${vault} cannot be swept: ${because}.`, { cause });
    this.because = because;
  }
}

/** A survey could not be finished. Passing: the next survey tries again, and what was known stays. */
export class SurveyRefused extends Error {
  override readonly name = 'SurveyRefused';
  readonly because: string;
  constructor(because: string, cause?: unknown) {
    super(`The survey could not be finished: ${because}.`, { cause });
    this.because = because;
  }
}

/** Resource Graph refused a query, or gave no answer. What it would show is unknown, never empty. */
export class GraphRefused extends Error {
  override readonly name = 'GraphRefused';
  readonly kind: GraphRefusal;
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** @param answer what it said; left out where it said nothing */
  constructor(kind: GraphRefusal, cause: unknown, answer: ServiceAnswer = { status: undefined, code: undefined }) {
    super(`Resource Graph cannot be read: ${GRAPH_REFUSED[kind]}. It ${spellAnswer(answer)}.`, { cause });
    this.kind = kind;
    this.status = answer.status;
    this.code = answer.code;
  }
}

/** Rows of a query to Resource Graph have another form than published. Thrown after its last page: the rows that can be read were given before. */
export class GraphRowsUnreadable extends Error {
  override readonly name = 'GraphRowsUnreadable';
  readonly query: string;
  /** How many rows. */
  readonly count: number;
  /** Ids of the first of them, at most 10. */
  readonly ids: readonly string[];
  constructor(query: string, count: number, ids: readonly string[], first: z.ZodError) {
    super(`${count} rows of the query ${query} cannot be read${faultIn(first)}.`, { cause: first });
    this.query = query;
    this.count = count;
    this.ids = ids;
  }
}

/** A row cannot be parsed. Lasting: it is alerted, and nothing that depends on it is written to a vault. */
export class RowUnreadable extends Error {
  override readonly name = 'RowUnreadable';
  readonly table: string;
  readonly row: string;
  /** The row as it was read. */
  readonly stored: Row;
  /** What the row holds, as JSON. */
  readonly content: string;
  constructor(table: string, stored: Row, cause: z.ZodError | undefined) {
    super(`The row ${stored.partition}/${stored.row} of ${table} cannot be read${faultIn(cause)}.`, { cause });
    this.table = table;
    this.row = stored.row;
    this.stored = stored;
    this.content = JSON.stringify(stored.data);
  }
}

/** Neither the trail's storage nor the register's storage accepted a record. Passing; until then nothing is written to a vault. */
export class TrailUnreachable extends Error {
  override readonly name = 'TrailUnreachable';
  /** @param causes what each of the two said */
  constructor(stream: string, causes: readonly unknown[]) {
    const cause = together(causes, `No storage took what was to be recorded in ${stream}.`);
    super(cause.message, { cause });
  }
}

/** The chain of a stream of the trail is broken: somebody edited, removed or added a record. Lasting. */
export class TrailBroken extends Error {
  override readonly name = 'TrailBroken';
  constructor(stream: string, atSequence: number, because: string) {
    super(`The trail ${stream} is broken at record ${atSequence}: ${because}.`);
  }
}

/** A spooled record cannot be read. Lasting: a person has to mend or remove its row. */
export class SpooledRecordUnreadable extends Error {
  override readonly name = 'SpooledRecordUnreadable';
  readonly partition: string;
  readonly row: string;
  constructor(partition: string, row: string, cause: z.ZodError) {
    super(`The record spooled for the trail in row ${row} of ${partition} cannot be read${faultIn(cause)}.`, { cause });
    this.partition = partition;
    this.row = row;
  }
}

/** A record of the register's stream holds no known change; a later version may have written it. Lasting: nothing is rebuilt. */
export class RegisterRecordUnreadable extends Error {
  override readonly name = 'RegisterRecordUnreadable';
  constructor(vault: string, record: string, cause: z.ZodError) {
    const what = `record ${record} of its stream holds no change${faultIn(cause)}`;
    super(`The register of ${vault} cannot be rebuilt: ${what}.`, { cause });
  }
}

/** An alert channel answered, but did not accept the alert. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused';
  readonly channel: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** How long the channel asks to wait before the next attempt; `undefined` where it does not say. */
  readonly retryAfterSeconds: number | undefined;
  constructor(channel: string, status: number, retryAfterSeconds?: number) {
    super(`The alert channel ${channel} refused the alert with status ${status}.`);
    this.channel = channel;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** An alert channel did not answer. Carries no `cause`: a network error names the channel's address. */
export class ChannelUnreachable extends Error {
  override readonly name = 'ChannelUnreachable';
  readonly channel: string;
  /** `timed-out`, or the code of the error, such as `ECONNREFUSED`. */
  readonly because: string;
  constructor(channel: string, because: string) {
    super(`The alert channel ${channel} did not answer: ${because}.`);
    this.channel = channel;
    this.because = because;
  }
}

/** The settings of an alert channel cannot be used. Names the fault, never the value. */
export class ChannelMisconfigured extends Error {
  override readonly name = 'ChannelMisconfigured';
  readonly channel: string;
  readonly because: string;
  constructor(channel: string, because: string) {
    super(`The alert channel ${channel} cannot be used: ${because}.`);
    this.channel = channel;
    this.because = because;
  }
}

/** A baseline needs every key and version of a vault, and one of them could not be read. */
export class BaselineImpossible extends Error {
  override readonly name = 'BaselineImpossible';
  readonly because: string;
  constructor(what: string, because: string) {
    super(`The baseline needs ${what}, which cannot be read: ${because}.`);
    this.because = because;
  }
}

/** The app's settings cannot be used. Names every fault, and no value. */
export class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The settings of the app cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** The policy file cannot be used. Nothing is written to any vault until it can. */
export class PolicyInvalid extends Error {
  override readonly name = 'PolicyInvalid';
  readonly faults: readonly string[];
  constructor(file: string, faults: readonly string[]) {
    super(`The policy ${file} cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A person's command was refused. The message says why, and what to do instead; a command to run has a line of its own. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/** A request carries no token that says who sends it. Carries no part of the token, nor the library's error, which may. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly because: string;
  constructor(because: string) {
    super(`Who sends this request is not known: ${because}.`);
    this.because = because;
  }
}

/** The keys by which tokens are checked cannot be read. Passing. */
export class TokenUncheckable extends Error {
  override readonly name = 'TokenUncheckable';
  constructor(cause: unknown) {
    super('No token can be checked now: the keys of Entra ID cannot be read.', { cause });
  }
}

/** The caller is known and lacks the right. The message says which one. */
export class RightMissing extends Error {
  override readonly name = 'RightMissing';
}

/** A request has another form than its endpoint takes, or there is no such endpoint. */
export class RequestInvalid extends Error {
  override readonly name = 'RequestInvalid';
  readonly status: 400 | 404;
  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/** The API for people, or the signing of what they say, has no settings. Lasting. */
export class NotConfigured extends Error {
  override readonly name = 'NotConfigured';
  /** @param settings names of the settings that are missing */
  constructor(what: string, settings: readonly string[]) {
    super(`${what} is not set up: set ${settings.join(', ')}.`);
  }
}

/** The guardian's own key could not sign or be read. Passing. */
export class SigningFailed extends Error {
  override readonly name = 'SigningFailed';
  constructor(doing: string, cause: unknown) {
    super(`The guardian's own key cannot be used: ${doing} failed.`, { cause });
  }
}

/** A row has no signature of the guardian's own key: somebody else wrote it. Lasting: it counts for nothing. */
export class RowForged extends Error {
  override readonly name = 'RowForged';
  readonly table: string;
  readonly stored: Row;
  constructor(table: string, stored: Row) {
    super(
      `The row ${stored.partition}/${stored.row} of ${table} is not signed by the guardian: it counts for nothing.`,
    );
    this.table = table;
    this.stored = stored;
  }
}

/** An entry cannot be recorded: it has an invalid date, is no plain JSON, or is nested too deep. Lasting. */
export class EntryInvalid extends Error {
  override readonly name = 'EntryInvalid';
  constructor(entry: string, because: string, cause: unknown) {
    super(`The entry ${entry} cannot be recorded: ${because}.`, { cause });
  }
}

/** Whether a failure was caused by storage alone. Passing. */
export const isStorageAway = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.every(isStorageAway)
    : error instanceof StorageUnreachable || error instanceof TrailUnreachable;

/** Does something that may wait where storage does not answer: `undefined` then. */
export async function unlessStorageIsAway<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isStorageAway(error)) throw error;
    return undefined;
  }
}
