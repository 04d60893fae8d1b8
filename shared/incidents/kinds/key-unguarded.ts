import { GUARDIAN, vaultSubject } from '../../domain/subject.ts';
import { BY_A_PERSON, deployAll, kindOfReasons, listed, type ReasonFacts, withItsState } from './kind.ts';

/** Keys or Managed HSMs that one incident names at most. */
const NAMED = 10;

const reasons = {
  'not-guarded': {
    severity: 'warning',
    ...withItsState('when a survey finds the keys guarded, or not used any more'),
  },
  'managed-hsm': { severity: 'warning', ...BY_A_PERSON },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** A key that something needs, and what. */
interface UnguardedKey {
  readonly key: string;
  readonly hangs: string;
}

/** Keys that nothing guards. */
export interface Unguarded {
  /** The names of Managed HSMs; or one vault with its keys, whether the policy names it, and whether a survey found it. */
  readonly of:
    | { readonly hsms: readonly string[] }
    | {
        readonly vault: string;
        readonly keys: readonly UnguardedKey[];
        readonly isNamed: boolean;
        readonly isFound: boolean;
      };
  readonly since: Date;
}

export const keyUnguarded = kindOfReasons(
  {
    id: 'key-unguarded',
    audience: 'operators',
    tells: 'Something needs a key that nothing guards: nobody notices when it is disabled or deleted.',
    reasons,
  },
  (_reason: keyof typeof reasons, { of, since }: Unguarded) =>
    'hsms' in of
      ? {
          subject: GUARDIAN,
          since,
          summary: `Keys of Managed HSMs are in use, and the guardian cannot guard them: ${listed(of.hsms, NAMED)}. Have their own logs watched, then close this.`,
        }
      : {
          subject: vaultSubject(of.vault),
          since,
          summary: `${of.keys.length === 1 ? 'A key is' : `${of.keys.length} keys are`} in use and not guarded: ${listed(
            of.keys.map(({ key, hangs }) => `${of.vault}/${key} (${hangs})`),
            NAMED,
            '; ',
          )}. ${toDo(of)}`,
          commands: of.isFound || of.isNamed ? [deployAll('once it is in the policy')] : [],
        },
);

function toDo({ isNamed, isFound }: { readonly isNamed: boolean; readonly isFound: boolean }): string {
  if (isNamed) return 'A pattern of the policy leaves it out: change policy.json, then deploy.';
  return isFound
    ? 'Name the vault in policy.json and infra/vaults.json, or its subscription in policy.json, then deploy.'
    : 'No survey finds the vault: it is gone, or lies in a subscription that the guardian cannot read.';
}
