import type { KeyClient } from '@azure/keyvault-keys';
import type { LoggedRequest } from '../azure/types.ts';
import type { Context } from '../cli/context.ts';
import type { PlanReport } from '../cli/plan/schema.ts';
import type { LocalGuardian } from '../guardian.ts';
import type { TeamsSink } from '../sinks/teams.ts';
import type { ReceivedAlert, Sink } from './sink.ts';
import type { StoredTrail } from './stored-trail.ts';

/** What the local Azure knows of what happened: all that a step is judged by. */
export interface Witness {
  readonly running: Pick<LocalGuardian, 'azure'>;
}

/** What a step has to play with. */
export interface Scene extends Witness, StoredTrail {
  readonly running: LocalGuardian;
  readonly sink: Sink;
  readonly teams: TeamsSink;
  /** Each alert of the channel `console`, which stands by, as the app logs it. */
  readonly logged: readonly string[];
  /** What somebody's command line works with; it asks the guardian's API. Throws where no guardian runs. */
  readonly context: (identity: string) => Promise<Context>;
  /** Somebody's token for the guardian's API. Throws where no guardian runs. */
  readonly token: (identity: string) => Promise<string>;
  /** What any step waits for has to have come by then, by `performance.now()`: one end for the whole play. */
  readonly until: number;
  /** A client from outside, over the TLS port. */
  readonly client: (vault: string, identity: string) => Promise<KeyClient>;
  /** What `plan` shows, asked for once by somebody with the two roles that it needs. */
  readonly plan: () => Promise<PlanReport>;
}

/** What a step came to. Times are the local Azure's; null where they do not apply. */
export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  /** Who acted, by user name; null where nobody did. */
  readonly actor: string | null;
  /** What was done to what: `disabled demo-disks/disk-disable`. Null where nothing was. */
  readonly act: string | null;
  /** What came of it, in words. */
  readonly outcome: string;
  /** What whoever is on call was told of it. */
  readonly alerts: readonly ReceivedAlert[];
  readonly actedAt: string | null;
  /** The guardian's first request for the key after the act. */
  readonly detectedAt: string | null;
  readonly restoredAt: string | null;
  /** From the act to the restored state, in ms. */
  readonly restoreMs: number | null;
}

const LOOK_EVERY_MS = 25;
const GUARDIAN = ['watcher', 'keeper'];

/** Looks until something is there; undefined where it is not in time. */
export async function eventually<T>(
  { until }: Pick<Scene, 'until'>,
  look: () => T | undefined | Promise<T | undefined>,
  { everyMs = LOOK_EVERY_MS }: { readonly everyMs?: number } = {},
): Promise<T | undefined> {
  while (performance.now() < until) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return undefined;
}

const of = ({ running }: Witness, vault: string): readonly LoggedRequest[] =>
  running.azure.log.filter((request) => request.vault === vault && GUARDIAN.includes(request.identity ?? ''));

/** When the last act of anybody else on the key reached the local Azure. Throws where there was none. */
export const lastAct = (witness: Witness, vault: string, key: string): Date => lastRequest(witness, vault, key).at;

/** Who did the last act of anybody else on the key, by user name. Throws where there was none. */
export function lastActor(witness: Witness, vault: string, key: string): string {
  const { identity = 'nobody known' } = lastRequest(witness, vault, key);
  return witness.running.azure.identities.get(identity)?.upn ?? identity;
}

function lastRequest({ running }: Witness, vault: string, key: string): LoggedRequest {
  const act = running.azure.log.findLast(
    (request) =>
      request.vault === vault && request.key === key && request.changed && !GUARDIAN.includes(request.identity ?? ''),
  );
  if (act === undefined) throw new Error(`Nobody did anything to ${vault}/${key}.`);
  return act;
}

/** The guardian's first request for the key after a moment. */
export const firstLook = (witness: Witness, vault: string, key: string, after: Date): Date | undefined =>
  of(witness, vault).find((request) => request.key === key && request.at.getTime() >= after.getTime())?.at;

/** The guardian's writes to a key after a moment, whatever was answered. */
export const writesTo = (witness: Witness, vault: string, key: string, after: Date): readonly LoggedRequest[] =>
  of(witness, vault).filter(
    (request) => request.key === key && request.method !== 'GET' && request.at.getTime() >= after.getTime(),
  );

/**
 * When the key could be used again by what the guardian did after a moment: its last change to the key, and after a
 * recovery the time that this takes to show. `undefined` where the guardian changed nothing.
 */
export function restoredBy(witness: Witness, vault: string, key: string, after: Date): Date | undefined {
  const last = writesTo(witness, vault, key, after).findLast(({ changed }) => changed);
  if (last === undefined) return undefined;
  const settlingMs = last.operation === 'recover' ? witness.running.azure.behaviours.settleMs : 0;
  return new Date(last.at.getTime() + settlingMs);
}

/** How many of the guardian’s passes that began after a moment are over: one is when the next begins. Of a vault of one page. */
export const passesOver = (witness: Witness, vault: string, after: Date): number =>
  Math.max(
    0,
    of(witness, vault).filter(
      (request) => request.operation === 'list' && request.status === 200 && request.at.getTime() > after.getTime(),
    ).length - 1,
  );

/** Whether every version of the key can be used by a disk, by the local Azure's own state. */
export function isUsable({ running }: Witness, vault: string, key: string): boolean {
  const state = running.azure.state(vault, key);
  const now = Date.now() / 1000;
  return (
    state.kind === 'present' &&
    state.settled &&
    state.versions.every(
      ({ enabled, nbf, exp, keyOps }) =>
        enabled &&
        (nbf === undefined || nbf <= now) &&
        (exp === undefined || exp > now) &&
        keyOps.includes('wrapKey') &&
        keyOps.includes('unwrapKey'),
    )
  );
}

/** Whether the trail says that a write to the key was withheld for that reason. */
export async function isWithheld(scene: Scene, vault: string, key: string, because: string): Promise<boolean> {
  const records = await scene.records();
  return records.some(
    ({ what, subject, detail }) =>
      what === 'withheld' &&
      'vault' in subject &&
      'key' in subject &&
      subject.vault === vault &&
      subject.key === key &&
      detail.because === because,
  );
}
