import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type KeyAction, keyFactsOf } from '../../shared/domain/actions/registry.ts';
import { SECOND_MS } from '../../shared/domain/time.ts';
import type { Answer, Conflict, VaultReads, VaultWrites } from '../../shared/domain/vault.ts';
import { VaultRefused } from '../../shared/errors.ts';
import { contentOf, type Said, type Send } from './person.ts';

/** The throw-away vault, and who acts on it. */
export interface Stage {
  readonly vault: string;
  /** A person's own requests: they attack. */
  readonly person: Send;
  /** The guardian's own code: it only reads and undoes. */
  readonly reads: VaultReads;
  readonly writes: VaultWrites;
  /** Requests under the guardian's own identities, where the run has them and not only the person's. */
  readonly guardian: { readonly watcher: Send; readonly keeper: Send } | undefined;
  /** What a challenge names as its resource: `https://vault.azure.net`. */
  readonly resource: string;
  /** Whether the scene with more keys than one page holds is played. */
  readonly paging: boolean;
  readonly now: () => Date;
  /** Waits. Throws where the run was stopped. */
  readonly pause: (ms: number) => Promise<void>;
  /** Every key of this run has a name that begins so. */
  readonly prefix: string;
  /** The names of keys that may be there, for the clean-up. */
  readonly made: Set<string>;
}

/** A version that a scene made. */
export interface MadeVersion {
  readonly key: string;
  readonly version: string;
}

/** Every key of this command has a name that begins so. */
export const PREFIX = 'key-guardian-prove-';

const orNone = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

/** Times are whole Unix seconds. */
const attributes = z.object({
  enabled: z.boolean(),
  nbf: z.number().nullish().transform(orNone),
  exp: z.number().nullish().transform(orNone),
  created: z.number(),
  updated: z.number(),
  recoveryLevel: z.string(),
});
const bundle = z.object({
  key: z.object({ kid: z.string(), key_ops: z.array(z.string()) }),
  attributes,
  tags: z.record(z.string(), z.string()).nullish(),
});

/** A version as the vault answered it. */
export interface Bundle extends z.infer<typeof attributes> {
  readonly version: string;
  readonly operations: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The version in an answer. Throws `UnexpectedAnswer` where there is none. */
export function bundleIn(doing: string, said: Said): Bundle {
  const { key, attributes, tags } = contentOf(doing, said, bundle);
  return {
    ...attributes,
    version: new URL(key.kid).pathname.split('/')[3] ?? '',
    operations: key.key_ops,
    tags: tags ?? {},
  };
}

/** What a disk encryption set does with its key. */
export const DISK_OPERATIONS = ['wrapKey', 'unwrapKey'] as const;

/** Makes a key, or a new version of one: software-protected RSA of 2048 bits for disks, unless `more` says otherwise. */
export async function makeVersion(stage: Stage, what: string, more: object = {}): Promise<MadeVersion & Bundle> {
  const key = `${stage.prefix}${what}`;
  stage.made.add(key);
  const body = { kty: 'RSA', key_size: 2048, key_ops: DISK_OPERATIONS, ...more };
  return { key, ...bundleIn('creating a key', await stage.person('POST', `/keys/${key}/create`, body)) };
}

const pathOf = ({ key, version }: MadeVersion): string => `/keys/${key}/${version}`;

/** Changes a version, under the person's rights. */
export const attack = (stage: Stage, of: MadeVersion, change: object): Promise<Said> =>
  stage.person('PATCH', pathOf(of), change);

/** Reads a version, under the person's rights. */
export const readRaw = (stage: Stage, of: MadeVersion): Promise<Said> => stage.person('GET', pathOf(of));

const ALGORITHM = 'RSA-OAEP-256';
const result = z.object({ value: z.string() });

/** Wraps 32 random bytes, as a disk encryption set wraps the key of a disk. */
export const wrap = (stage: Stage, of: MadeVersion): Promise<Said> =>
  stage.person('POST', `${pathOf(of)}/wrapkey`, { alg: ALGORITHM, value: randomBytes(32).toString('base64url') });

/** Wraps, and gives a function that unwraps it again. Throws `UnexpectedAnswer` where it was not wrapped. */
export async function wrapped(stage: Stage, of: MadeVersion): Promise<() => Promise<Said>> {
  const { value } = contentOf('wrapping', await wrap(stage, of), result);
  return () => stage.person('POST', `${pathOf(of)}/unwrapkey`, { alg: ALGORITHM, value });
}

/** Undoes an attack by the guardian's own action and adapter. */
export const undo = (stage: Stage, action: KeyAction): Promise<Answer<unknown> | Conflict> =>
  keyFactsOf(action).send({ writes: () => stage.writes }, randomUUID());

/** The answer to the guardian's own code: `ok`, `missing`, or `conflict, 409 ObjectIsBeingDeleted`. */
export function spellAnswer(answer: Answer<unknown> | Conflict | { readonly kind: 'undetailed' }): string {
  const error = 'error' in answer ? answer.error : undefined;
  if (!(error instanceof VaultRefused)) return answer.kind;
  return `${answer.kind}, ${[error.status, error.code].filter((part) => part !== undefined).join(' ')}`;
}

const CHECK_EVERY_MS = SECOND_MS / 2;

/** What was waited for, and how long it took. */
export interface Arrived<T> {
  readonly value: T;
  readonly afterMs: number;
}

/** Asks twice a second until `check` gives something; `undefined` where that takes longer than `withinMs`. */
export async function until<T>(
  stage: Pick<Stage, 'now' | 'pause'>,
  withinMs: number,
  check: () => Promise<T | undefined>,
): Promise<Arrived<T> | undefined> {
  const beganMs = stage.now().getTime();
  for (;;) {
    const value = await check();
    const afterMs = stage.now().getTime() - beganMs;
    if (value !== undefined) return { value, afterMs };
    if (afterMs >= withinMs) return undefined;
    await stage.pause(CHECK_EVERY_MS);
  }
}

/** Asks until an answer is as wanted; the last answer either way. */
export async function untilSaid(
  stage: Stage,
  withinMs: number,
  ask: () => Promise<Said>,
  isWanted: (said: Said) => boolean,
): Promise<Arrived<Said> & { readonly isAsWanted: boolean }> {
  let last: Said | undefined;
  const arrived = await until(stage, withinMs, async () => {
    last = await ask();
    return isWanted(last) ? last : undefined;
  });
  if (arrived !== undefined) return { ...arrived, isAsWanted: true };
  return { value: last ?? (await ask()), afterMs: withinMs, isAsWanted: false };
}

/** Whether the vault did what it was asked. */
export const isDone = ({ status }: Pick<Said, 'status'>): boolean => status < 300;
/** Whether it refused with 403, for whatever reason. */
export const isForbidden = ({ status }: Pick<Said, 'status'>): boolean => status === 403;

/** `after 21.5 s`; `not within 600 s` where it did not come. */
export const spellWait = (arrived: Pick<Arrived<unknown>, 'afterMs'> | undefined, withinMs: number): string =>
  arrived === undefined
    ? `not within ${withinMs / SECOND_MS} s`
    : `after ${(arrived.afterMs / SECOND_MS).toFixed(1)} s`;

/** Times of a vault are whole seconds, rounded: only after so long does a further change have another one, in ms. */
export const NEXT_SECOND_MS = 2.1 * SECOND_MS;
