import * as z from 'zod';
import { readApprovals } from '../approvals/read.ts';
import { type Approval, covers, type UnapprovedState } from '../domain/approval.ts';
import type { Actor } from '../domain/audit-record.ts';
import type { Decision, Ended, Judgement } from '../domain/decision.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { KeyRecord, RegisterChange } from '../domain/register.ts';
import { type KeySubject, keyOf } from '../domain/subject.ts';
import type { Inspected } from '../guard/inspect.ts';
import { endRestore, type Planned, planRestore, previewRestore } from '../guard/keys/restore.ts';
import { type Restorer, takenBack } from '../guard/keys/take-back.ts';
import { readIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKey, readKeys } from '../register/keys.ts';
import { readSweep } from '../register/vaults.ts';
import { endpoint, name } from './endpoint.ts';
import { refuseUnknown } from './known.ts';
import type { DifferingReport, RestorePreview, RestoreReport } from './reports.ts';
import { consumedIn } from './status.ts';

const MOST_SAID = 100;
const MOST_CHARACTERS = 1_000;

/** What a person says of planned writes: by the id of the plan, for each intent what came of it. */
export const said = () => ({
  id: z.string(),
  said: z
    .array(
      z.strictObject({
        intent: z.string(),
        kind: z.enum(['begun', 'failed', 'unknown']),
        because: z.string().max(MOST_CHARACTERS).optional(),
      }),
    )
    .max(MOST_SAID),
});

/** Of a query, where everything is text. */
const flag = () => z.enum(['true', 'false']).default('false');

/** Restoring under a person's own rights: the guardian plans and records it, the person's client writes, the guardian reads the vault. */
export const restoreEndpoints = [
  endpoint(
    { method: 'GET', path: 'restore/{vault}', needs: 'read', says: 'Lists the keys that are not as approved.' },
    () => ({ vault: name(), alsoApproved: flag() }),
    ({ vault, alsoApproved }, _caller, ports) => differingKeys(vault, alsoApproved === 'true', ports),
  ),
  endpoint(
    { method: 'GET', path: 'restore/{vault}/{key}', needs: 'read', says: 'Shows what restoring a key would do.' },
    () => ({
      vault: name(),
      key: name(),
      version: name().optional(),
      alsoApproved: flag(),
    }),
    async ({ vault, key, version, alsoApproved }, { who }, ports) => {
      await refuseUnknown({ vault, key, version }, ports);
      return preview(keyOf({ vault, key }), { who, alsoApproved: alsoApproved === 'true', version }, ports);
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: 'restore/{vault}/{key}',
      needs: 'steer',
      says: 'Begins to restore a key: answers the writes that the person is to make, under their own rights.',
    },
    () => ({ vault: name(), key: name(), version: name().optional(), alsoApproved: z.boolean().default(false) }),
    async ({ vault, key, version, alsoApproved }, { who }, ports) => {
      await refuseUnknown({ vault, key, version }, ports);
      return begin(keyOf({ vault, key }), { who, alsoApproved, version }, ports);
    },
  ),
  endpoint(
    {
      method: 'POST',
      path: 'restore/{vault}/{key}/{id}',
      needs: 'steer',
      says: 'Says what came of those writes, within 30 s; the guardian reads it from the vault.',
    },
    () => ({ vault: name(), key: name(), ...said() }),
    async ({ vault, key, id, said: words }, { who }, ports): Promise<RestoreReport> => {
      await refuseUnknown({ vault, key }, ports);
      return reportOf(await endRestore(keyOf({ vault, key }), id, words, plain(who), ports));
    },
  ),
];

/** Approvals were taken back when it began. */
const plain = (who: Actor): Restorer => ({ who, alsoApproved: false, version: undefined });

/**
 * The keys for which the last inspection found something, or that the last good sweep found differing, and the time of that
 * sweep; also the keys with consumed approvals, where these are taken back.
 */
async function differingKeys(vault: string, alsoApproved: boolean, ports: Ports): Promise<DifferingReport> {
  const [{ known }, sweep] = await Promise.all([readKeys(ports.tables.keys, vault), readSweep(ports.tables, vault)]);
  const swept = sweep?.value.differing ?? {};
  const keys = [...known].flatMap(([key, { record }]) => {
    const isMeant =
      record.observed.foundSomething === true ||
      swept[key] !== undefined ||
      (alsoApproved && consumedIn([record]).size > 0);
    return isMeant && keyPolicy(ports.policy, vault, key).guarded ? [key] : [];
  });
  return { keys, sweptAt: sweep?.value.lastGoodAt };
}

async function preview(
  subject: KeySubject,
  restorer: Restorer,
  ports: Ports,
): Promise<RestorePreview | (RestoreReport & { readonly kind: 'unreadable' })> {
  const { takenBack } = await takenBackBy(restorer, subject, ports);
  const decision = await previewRestore(subject, restorer, ports);
  return 'because' in decision
    ? { kind: 'unreadable', because: decision.because }
    : { kind: 'preview', takenBack, actions: [...decision.actions], left: leftBy(decision) };
}

async function begin(subject: KeySubject, restorer: Restorer, ports: Ports): Promise<RestoreReport> {
  const back = await takenBackBy(restorer, subject, ports);
  return reportOf(await planRestore(subject, restorer, ports), back);
}

type TakenBack = Pick<RestoreReport & { readonly kind: 'planned' }, 'takenBack' | 'allowed'>;

/** What a person takes back, and the approvals that would allow it again: those that were consumed, and any others of the same acts. */
async function takenBackBy(restorer: Restorer, subject: KeySubject, ports: Ports): Promise<TakenBack> {
  const [{ record }, { stored }] = await Promise.all([
    readKey(ports.tables.keys, subject),
    readIncidents(ports, subject),
  ]);
  const changes = takenBack(record, restorer, stored);
  if (changes.length === 0) return { takenBack: [], allowed: [] };
  const states = consumedStates(subject.key, record);
  const now = ports.now();
  const allowed = (await readApprovals(ports, subject.vault)).filter((approval) =>
    states.some((state) => coversFrom(approval, state, now)),
  );
  return { takenBack: changes.map(whatOf), allowed };
}

const whatOf = ({ kind }: RegisterChange): 'deletion' | 'version' => (kind === 'set-standing' ? 'deletion' : 'version');

function consumedStates(key: string, { approved: { versions, standing } }: KeyRecord): readonly UnapprovedState[] {
  const consumed = Object.entries(versions).flatMap(([version, known]) =>
    known.consumed.map(({ act }) => ({ key, version, act, otherwiseAt: undefined })),
  );
  const deleted = { key, version: undefined, act: 'delete', otherwiseAt: undefined } as const;
  return standing.kind === 'deletion-approved' ? [...consumed, deleted] : consumed;
}

/** Whether an approval covers a state now, or will once its window opens. */
const coversFrom = (approval: Approval, state: UnapprovedState, now: Date): boolean =>
  covers(approval, state, approval.from.getTime() > now.getTime() ? approval.from : now);

/** What is planned, or how an inspection ended, for the person who began it. */
export function reportOf(came: Inspected | Planned, back: TakenBack = { takenBack: [], allowed: [] }): RestoreReport {
  switch (came.kind) {
    case 'planned': {
      const intents = came.intents.map(({ id, action }) => ({ id, action }));
      return { kind: 'planned', id: came.id, intents, ...back };
    }
    case 'busy':
      return { kind: 'busy' };
    case 'not-guarded':
      return { kind: 'unreadable', because: 'the policy does not guard it' };
    case 'not-observed':
      return { kind: 'unreadable', because: came.because };
    case 'ended': {
      const { decision, ended, failure } = came;
      return {
        kind: 'ended',
        ended: ended.map(({ intent: { action }, outcome }) => ({
          action,
          outcome: outcome.kind,
          because: 'because' in outcome ? outcome.because : undefined,
        })),
        left: leftBy(decision),
        isComing: failure === undefined && isComing(decision, ended),
        ...back,
      };
    }
    default:
      return came satisfies never;
  }
}

/** Whether a write does not show yet, or the key is settling. */
const isComing = ({ actions, judgements }: Decision, ended: readonly Ended[]): boolean =>
  actions.length > 0 ||
  ended.some(({ outcome }) => outcome.kind === 'begun') ||
  judgements.some(({ verdict }) => verdict.kind === 'settling');

const leftBy = ({ judgements }: Decision): RestorePreview['left'] => judgements.flatMap(leftOf);

/** What is not as approved and cannot be restored by a write. */
function leftOf({ finding, verdict }: Judgement): RestorePreview['left'] {
  if (verdict.kind === 'undo' || verdict.kind === 'approved' || verdict.kind === 'keep-schedule') return [];
  const because = verdict.kind === 'withheld' ? verdict.because : undefined;
  return [{ summary: finding.summary, verdict: verdict.kind, because, commands: [...(finding.commands ?? [])] }];
}
