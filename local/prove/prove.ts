import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { type KeyVaultConnection, keyVaultReads, keyVaultWrites } from '../../shared/azure/key-vault.ts';
import type { VaultReads } from '../../shared/domain/vault.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { type CleanedUp, cleanUp } from './clean-up.ts';
import { type Judged, judgedAlike, type Scene, type Verdict } from './fact.ts';
import { type Send, sender } from './person.ts';
import { scenes } from './scenes/registry.ts';
import { PREFIX, type Stage, spellAnswer } from './stage.ts';

/** A vault that may be thrown away, and who acts on it. */
export interface ThrowAway {
  readonly vault: string;
  /** `https://<vault>.vault.azure.net` */
  readonly url: string;
  readonly httpClient: HttpClient;
  /** True only where the address has a port. */
  readonly disableChallengeResourceVerification: boolean;
  /** Who attacks; who undoes as well, where there is no identity of the guardian. */
  readonly person: TokenCredential;
  readonly guardian: { readonly watcher: TokenCredential; readonly keeper: TokenCredential } | undefined;
}

/** How it is played. */
export interface ProveOptions {
  readonly paging: boolean;
  /** Stops the play; the keys are cleaned up all the same. */
  readonly stop: AbortSignal;
  /** A line of the progress. */
  readonly say: (line: string) => void;
  readonly now: () => Date;
  /** Waits; may end early where it is stopped. */
  readonly pause: (ms: number, stop: AbortSignal) => Promise<void>;
  /** Default: all. */
  readonly scenes?: readonly Scene[];
}

/** What was played and what came of it. */
export interface Played {
  readonly facts: readonly Judged[];
  readonly cleanedUp: CleanedUp;
  readonly stopped: boolean;
  /** As the vault says it; `undefined` where it does not. */
  readonly region: string | undefined;
  readonly serviceVersion: string | undefined;
  readonly tookMs: number;
}

/** What a vault's token is for, by the vault's address: `https://vault.azure.net`. */
export const resourceOf = (url: string): string => `https://${new URL(url).hostname.split('.').slice(1).join('.')}`;

/** The width of the verdicts in the progress. */
const WIDEST = 'did not hold'.length;

/** A verdict in words. */
export const spellVerdict = ({ kind }: Verdict): string => kind.replaceAll('-', ' ');

/** A judged fact as a line of the progress. */
export const factLine = ({ id, verdict }: Judged): string =>
  `  ${spellVerdict(verdict).padEnd(WIDEST)}  ${id}: ${'observed' in verdict ? verdict.observed : verdict.because}`;

/**
 * Plays every scene on the vault, one after the other, judges the facts, and cleans up the keys that it made, also where it is
 * stopped or fails. Throws `NotAllowed`, before it writes anything, where the vault has a key that this command did not make.
 */
export async function prove(at: ThrowAway, options: ProveOptions): Promise<Played> {
  const { stop, now } = options;
  const beganMs = now().getTime();
  const stage = stageOf(at, options);
  await refuseUnlessEmpty(at);
  const greeting = await stage.person('GET', '/keys');
  const facts = await playedAll(stage, options).catch(async (error: unknown) => {
    await cleanUpAfter(stage, options);
    throw error;
  });
  const cleanedUp = await cleanUpAfter(stage, options);
  return {
    facts,
    cleanedUp,
    stopped: stop.aborted,
    region: greeting.header('x-ms-keyvault-region'),
    serviceVersion: greeting.header('x-ms-keyvault-service-version'),
    tookMs: now().getTime() - beganMs,
  };
}

async function playedAll(stage: Stage, { scenes: some = scenes, stop, say }: ProveOptions): Promise<readonly Judged[]> {
  const facts: Judged[] = [];
  for (const scene of some) {
    if (!stop.aborted) say(scene.says);
    const judged = await played(scene, stage, stop);
    facts.push(...judged);
    for (const fact of judged) if (!stop.aborted) say(factLine(fact));
  }
  return facts;
}

async function played(scene: Scene, stage: Stage, stop: AbortSignal): Promise<readonly Judged[]> {
  const stopped: Verdict = { kind: 'not-played', because: 'the run was stopped' };
  if (stop.aborted) return judgedAlike(scene.facts, stopped);
  try {
    return await scene.play(stage);
  } catch (error) {
    // What a stopped play throws says nothing about the vault.
    if (stop.aborted) return judgedAlike(scene.facts, stopped);
    throw error;
  }
}

function stageOf(at: ThrowAway, { paging, stop, now, pause }: ProveOptions): Stage {
  const { vault, url, httpClient, person, guardian } = at;
  const resource = resourceOf(url);
  const sending = (credential: TokenCredential): Send => sender(url, credential, `${resource}/.default`, httpClient);
  return {
    vault,
    resource,
    person: sending(person),
    reads: keyVaultReads(connectionOf(at, guardian?.watcher)),
    writes: keyVaultWrites(connectionOf(at, guardian?.keeper)),
    guardian: guardian && { watcher: sending(guardian.watcher), keeper: sending(guardian.keeper) },
    paging,
    now,
    async pause(ms) {
      await pause(ms, stop);
      stop.throwIfAborted();
    },
    prefix: `${PREFIX}${randomBytes(4).toString('hex')}-`,
    made: new Set(),
  };
}

/** How the guardian's own code reaches the vault: under an identity of the guardian, or under the person's rights where there is none. */
function connectionOf(at: ThrowAway, credential: TokenCredential | undefined): KeyVaultConnection {
  const { url, httpClient, disableChallengeResourceVerification, person } = at;
  const identity = credential === undefined ? 'the person who runs this' : 'the identity of the guardian';
  return { url, httpClient, disableChallengeResourceVerification, credential: credential ?? person, identity };
}

const MOST_NAMED = 5;

/** Reads under the person's rights: whether the guardian's suffice is one of the facts. */
async function refuseUnlessEmpty(at: ThrowAway): Promise<void> {
  const { vault } = at;
  const reads = keyVaultReads(connectionOf(at, undefined));
  const foreign = (await namesIn(vault, reads)).filter((key) => !key.startsWith(PREFIX));
  if (foreign.length === 0) return;
  const named = foreign.slice(0, MOST_NAMED).join(', ');
  const more = foreign.length > MOST_NAMED ? ` and ${foreign.length - MOST_NAMED} more` : '';
  throw new NotAllowed(
    `The vault ${vault} has keys, or deleted keys, that this command did not make: ${named}${more}. Give it a new vault that nothing uses.`,
  );
}

async function namesIn(vault: string, reads: VaultReads): Promise<readonly string[]> {
  const [keys, deleted] = [await reads.listKeys(), await reads.listDeletedKeys()];
  if (keys.kind !== 'ok') throw cannotList(vault, 'keys', spellAnswer(keys));
  if (deleted.kind !== 'ok') throw cannotList(vault, 'deleted keys', spellAnswer(deleted));
  return [...keys.value.keys.map(({ key }) => key), ...keys.value.unclear, ...deleted.value.map(({ key }) => key)];
}

const cannotList = (vault: string, what: string, answer: string): NotAllowed =>
  new NotAllowed(
    `The ${what} of the vault ${vault} cannot be listed (${answer}). You need the role Key Vault Crypto Officer on it.`,
  );

/** Cleans up, also where the play was stopped. */
async function cleanUpAfter(stage: Stage, { say, now, pause }: ProveOptions): Promise<CleanedUp> {
  say(`Clean up: delete ${stage.made.size} keys, and purge them where that is permitted.`);
  const { signal } = new AbortController();
  const cleanedUp = await cleanUp({ ...stage, now, pause: (ms) => pause(ms, signal) });
  for (const line of cleanedUpLines(cleanedUp)) say(`  ${line}`);
  return cleanedUp;
}

/** What became of the keys, in sentences. */
export function cleanedUpLines({ purged, kept, keptUntil, left }: CleanedUp): readonly string[] {
  const until = keptUntil === undefined ? '' : ` until ${keptUntil.toISOString().slice(0, 'yyyy-mm-dd'.length)}`;
  return [
    `${purged} keys were purged.`,
    ...(kept === 0 ? [] : [`${kept} deleted keys stay in the vault${until}: they may not be purged.`]),
    ...(left.length === 0 ? [] : [`These may still be there: ${left.join(', ')}. Delete them yourself.`]),
  ];
}
