import type { Schedule } from '../resource-manager/schedule.ts';
import type { Behaviours, RotationPolicy } from '../types.ts';
import type { Call } from './call.ts';
import type { KeyEventType } from './events.ts';
import { rotated } from './keys.ts';
import { afterPeriod, beforePeriod, rotationPolicyOf } from './rotation-policy.ts';
import { isClosedToWrites, type Key, type KeyVersion, sightOf, type Vault } from './store.ts';

/** What a version comes to as it ages. */
export interface Aged {
  readonly vault: Vault;
  readonly key: Key;
  readonly version: KeyVersion;
  readonly type: KeyEventType;
  readonly nowMs: number;
}

/** What aging works on, and whom it tells. */
export interface AgingContext {
  readonly schedule: Schedule;
  readonly behaviours: Readonly<Behaviours>;
  readonly random: Call['random'];
  /** Told of each version that a policy made, and of each that is near its expiry or has expired. */
  aged(aged: Aged): void;
}

/** Keys that age: versions made by their rotation policies, near their expiry, and expired. */
export interface Aging {
  /**
   * Plans what comes next, after the key or the policy of its name changed.
   *
   * @param made a version that was made: those that were there before have no events of their expiry. @see https://learn.microsoft.com/azure/key-vault/general/event-grid-overview
   */
  plan(vault: Vault, name: string, nowMs: number, made?: KeyVersion): void;
}

/** Before so much of it is left a version is near its expiry, unless its policy says otherwise. @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault */
const NEAR = 'P30D';

/** The whole Unix second at which the policy of a key makes its next version; undefined where it never does: "before expiry" never comes for a version without one. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
export function rotationDue(vault: Vault, name: string, current: KeyVersion): number | undefined {
  const trigger = triggerOf(rotationPolicyOf(vault, name), 'Rotate');
  if (trigger?.timeAfterCreate !== undefined) return afterPeriod(current.created, trigger.timeAfterCreate);
  if (trigger?.timeBeforeExpiry === undefined || current.exp === undefined) return undefined;
  return beforePeriod(current.exp, trigger.timeBeforeExpiry);
}

const triggerOf = (policy: RotationPolicy | undefined, type: 'Rotate' | 'Notify') =>
  policy?.lifetimeActions.find(({ action }) => action.type === type)?.trigger;

/** The whole Unix second at which a version is near its expiry. */
function nearExpiry(vault: Vault, name: string, exp: number): number {
  return beforePeriod(exp, triggerOf(rotationPolicyOf(vault, name), 'Notify')?.timeBeforeExpiry ?? NEAR);
}

/** Nothing is done before somebody settles the schedule. */
export function createAging({ schedule, behaviours, random, aged }: AgingContext): Aging {
  const withEvents = new WeakSet<KeyVersion>();
  const sent = new Set<string>();

  function plan(vault: Vault, name: string, nowMs: number, made?: KeyVersion): void {
    if (made !== undefined) withEvents.add(made);
    const sight = sightOf(vault, name, nowMs);
    if (sight.kind === 'recovering' && sight.key.lifecycle.kind === 'present')
      schedule.at(sight.key.lifecycle.settledAt, (atMs) => plan(vault, name, atMs));
    if (sight.kind !== 'present') return;
    const due = rotationDue(vault, name, sight.current);
    if (due !== undefined) {
      const { least, longest } = behaviours.scheduledRotationOffMs;
      const offMs = longest > least ? Math.floor(least + random.next() * (longest - least)) : least;
      // What was due before the policy was written is due now.
      schedule.at(Math.max(nowMs, due * 1000) + offMs, (atMs) => rotateIfDue(vault, name, atMs));
    }
    for (const version of sight.key.versions) {
      if (!withEvents.has(version) || version.exp === undefined) continue;
      const { exp } = version;
      const at = (seconds: number, type: KeyEventType): void =>
        schedule.at(Math.max(nowMs, seconds * 1000), (atMs) => tell(vault, sight.key, version, type, atMs));
      at(nearExpiry(vault, name, exp), 'KeyNearExpiry');
      at(exp, 'KeyExpired');
    }
  }

  /** One that another plan has rotated since is not due any more. */
  function rotateIfDue(vault: Vault, name: string, nowMs: number): void {
    const sight = sightOf(vault, name, nowMs);
    if (sight.kind !== 'present' || isClosedToWrites(sight.key, nowMs)) return;
    const due = rotationDue(vault, name, sight.current);
    if (due === undefined || due * 1000 > nowMs) return;
    const { key, version } = rotated({ vault, name, nowMs, behaviours, random }, sight.current);
    aged({ vault, key, version, type: 'KeyNewVersionCreated', nowMs });
    plan(vault, name, nowMs, version);
  }

  /** Once for each expiry of a version, and only if it is still that time by what the version and its policy say now. */
  function tell(vault: Vault, key: Key, version: KeyVersion, type: KeyEventType, nowMs: number): void {
    const { exp } = version;
    if (exp === undefined || sightOf(vault, key.name, nowMs).kind !== 'present') return;
    const due = type === 'KeyExpired' ? exp : nearExpiry(vault, key.name, exp);
    const id = `${vault.name}/${key.name}/${version.id}/${exp}/${type}`;
    if (due * 1000 > nowMs || sent.has(id)) return;
    sent.add(id);
    aged({ vault, key, version, type, nowMs });
  }
  return { plan };
}
