import type { Decision, NotUpdated } from '../domain/decision.ts';
import { escaped } from '../domain/escaped.ts';
import type { Finding } from '../domain/finding.ts';
import { spell, VITAL_OPERATIONS } from '../domain/key.ts';
import { keyPolicy, type Policy } from '../domain/policy.ts';
import type { WatchedSet } from '../domain/propagation.ts';
import type { DiskEncryptionSet } from '../domain/resource-manager.ts';
import type { ReadVersion } from '../domain/vault.ts';
import { vaultObject } from '../domain/vault-object.ts';
import { setNotFollowed } from '../incidents/kinds/set-not-followed.ts';

/** Whether the policy has the guardian point a set at the version that it is watched for, and it has not done so yet. */
export function isToUpdate({ rotation, verdict, updated }: WatchedSet, policy: Policy): boolean {
  const { mode, rotation: schedule } = keyPolicy(policy, rotation.vault, rotation.key);
  const isAskedFor = mode === 'block' && schedule?.sets === 'update';
  return (
    isAskedFor && verdict.kind === 'not-rotating' && !verdict.isConfidential && updated?.version !== rotation.version
  );
}

/** Everything that a decision about pointing a set at a version uses. */
export interface GivenUpdate {
  /** Its watch, with the verdict on what was just read. */
  readonly watch: WatchedSet;
  /** As it was just read. */
  readonly set: DiskEncryptionSet;
  readonly policy: Policy;
  /** The newest version of its key; `undefined` where the vault does not show it in full. */
  readonly newest: ReadVersion | undefined;
  /** When its active version was made; `undefined` where the register does not know that. */
  readonly activeCreated: Date | undefined;
  /** Whether the version that it is watched for is approved. */
  readonly isApproved: boolean;
  readonly baselineAccepted: boolean;
  /** Since when its key is in `block`. */
  readonly blockSince: Date | undefined;
  readonly isHeld: boolean;
  readonly now: Date;
}

/** Each reason to leave a set at its version. The first that holds is named: what a person decides comes before what may pass. */
const REASONS: Readonly<Record<NotUpdated, (of: GivenUpdate) => boolean>> = {
  'no-baseline': ({ baselineAccepted }) => !baselineAccepted,
  hold: ({ isHeld }) => isHeld,
  'before-block': ({ watch, blockSince }) => blockSince !== undefined && watch.rotation.created < blockSince,
  'version-not-approved': ({ isApproved }) => !isApproved,
  'version-unusable': ({ newest, now }) => newest === undefined || !isUsable(newest, now),
  'version-not-older': ({ watch, activeCreated }) =>
    activeCreated === undefined || activeCreated >= watch.rotation.created,
  'set-changing': ({ set }) => (set.previousKeys ?? []).length > 0 || isBeingChanged(set),
};

const isReason = (name: string): name is NotUpdated => name in REASONS;
const reasons = Object.keys(REASONS).filter(isReason);

const isUsable = ({ enabled, notBefore, expiresOn, detail }: ReadVersion, now: Date): boolean =>
  enabled &&
  (notBefore === undefined || notBefore <= now) &&
  (expiresOn === undefined || expiresOn > now) &&
  VITAL_OPERATIONS.every((operation) => detail.operations.includes(operation));

/** Whether Azure still works on a change of the set. */
export const isBeingChanged = ({ provisioningState }: DiskEncryptionSet): boolean =>
  provisioningState?.toLowerCase() !== 'succeeded';

const NOTHING: Decision = { judgements: [], actions: [], inspectAgainInSeconds: undefined };

/** Decides whether a set is pointed at the version that it is watched for. Pure: everything it uses is an argument, the time included. */
export function decideUpdate(of: GivenUpdate): Decision {
  const { watch, set, policy, newest, now } = of;
  const { vault, key, version, created } = watch.rotation;
  const from = vaultObject(set.keyUrl ?? '')?.version;
  if (!isToUpdate(watch, policy) || from === undefined) return NOTHING;
  // A version that is newer still gets a watch of its own.
  if (newest !== undefined && newest.version !== version) return NOTHING;
  const held = reasons.find((reason) => REASONS[reason](of));
  const finding: Finding = {
    ...{ rule: setNotFollowed.id, severity: 'warning', since: created, firstObservedAt: now, stopsDisks: false },
    summary: `The disk encryption set ${escaped(watch.name)} takes no new version by itself and does not follow ${spell({ vault, key, version })}.`,
  };
  if (held !== undefined)
    return { ...NOTHING, judgements: [{ finding, verdict: { kind: 'withheld', because: held } }] };
  return {
    ...NOTHING,
    judgements: [{ finding, verdict: { kind: 'keep-schedule' } }],
    actions: [{ kind: 'update-set', vault, key, set: watch.id, version, from }],
  };
}
