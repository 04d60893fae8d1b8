import type { Action } from '../domain/decision.ts';
import type { Finding } from '../domain/finding.ts';
import { type ObservedKey, type ObservedVersion, sameOperations } from '../domain/key.ts';
import { sameMoment } from '../domain/time.ts';

/*
 * What each kind of write means. A new variant of `Action` has to be answered here, in `send` of `act.ts`, and where the
 * command line names it: the compiler lists the places.
 */

/** The version that an action is about; `undefined` where it is about the key as a whole. */
export function versionOf(action: Action): string | undefined {
  switch (action.kind) {
    case 'recover-key':
      return undefined;
    case 'restore-version':
      return action.version;
    default:
      return action satisfies never;
  }
}

/** Whether an action undoes a finding that is to be undone. */
export const isAbout = (action: Action, { version }: Pick<Finding, 'version'>): boolean =>
  versionOf(action) === version;

/** The name of its write in the audit log. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export function loggedAs(action: Action): 'KeyRecover' | 'KeyUpdate' {
  switch (action.kind) {
    case 'recover-key':
      return 'KeyRecover';
    case 'restore-version':
      return 'KeyUpdate';
    default:
      return action satisfies never;
  }
}

/** Whether the next reading after the answer shows it; what does not takes its time in the vault. */
export function showsAtOnce(action: Action): boolean {
  switch (action.kind) {
    case 'recover-key':
      return false;
    case 'restore-version':
      return true;
    default:
      return action satisfies never;
  }
}

/** Whether the vault shows what an action was to bring about. Believed instead of any answer. */
export function isShown(action: Action, observed: ObservedKey): boolean {
  if (observed.kind !== 'present') return false;
  switch (action.kind) {
    case 'recover-key':
      return observed.versions.length > 0;
    case 'restore-version': {
      const version = observed.versions.find((candidate) => candidate.version === action.version);
      return version !== undefined && has(version, action.change);
    }
    default:
      return action satisfies never;
  }
}

function has(
  version: ObservedVersion,
  { enabled, notBefore, expiresOn, operations }: Extract<Action, { kind: 'restore-version' }>['change'],
): boolean {
  return (
    (enabled === undefined || version.enabled === enabled) &&
    (notBefore === undefined || sameMoment(version.notBefore, notBefore)) &&
    (expiresOn === undefined || sameMoment(version.expiresOn, expiresOn)) &&
    (operations === undefined ||
      (version.detail !== undefined && sameOperations(version.detail.operations, operations)))
  );
}
