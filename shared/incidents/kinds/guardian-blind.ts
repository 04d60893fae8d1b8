import { LEFT_TO_PEOPLE } from '../../domain/incident.ts';
import { type Subject, spellSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { UNREADABLE } from '../../domain/vault.ts';
import { kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

interface Reason extends ReasonFacts {
  readonly judgement: string;
  says(of: string, since: Date, because: string): string;
  /** What a person types first. @param of the vault or the key */
  commands(of: string, because: string): readonly string[];
}

const TRYING = 'trying again; a person has to see why';
const status = (): readonly string[] => ['key-guardian status'];

const reasons = {
  'vault-unreadable': {
    severity: 'critical',
    ...withItsState('when a sweep came to its end'),
    judgement: TRYING,
    says: (of, since, because) =>
      `Vault ${of} has not been swept since ${utc(since)}: ${UNREADABLE[because] ?? because}. Deletions and disablements there go unnoticed.`,
    commands: (of) => [
      ...status(),
      `az keyvault show --name ${of} --query "properties.{firewall:networkAcls.defaultAction,public:publicNetworkAccess}"`,
    ],
  },
  'no-token': {
    severity: 'critical',
    ...withItsState('when vaults are swept again, or fail for another reason'),
    judgement: TRYING,
    says: () =>
      'The guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID): vaults are not swept, and deletions and disablements there go unnoticed.',
    commands: status,
  },
  'key-unreadable': {
    severity: 'error',
    ends: 'with-an-inspection',
    endsWhen: 'when the key was read',
    judgement: TRYING,
    says: (of, _since, because) =>
      `Key ${of} cannot be read: ${UNREADABLE[because] ?? because}. This does not mean that it is gone.`,
    commands: (of) => [
      `az keyvault key show --vault-name ${of.split('/')[0]} --name ${of.split('/')[1]} --query attributes`,
    ],
  },
  'register-unreadable': {
    severity: 'critical',
    ends: 'with-an-inspection',
    endsWhen: 'when the row of the register was read',
    judgement: LEFT_TO_PEOPLE,
    says: (of) => `What the register holds of key ${of} cannot be read: the key is not guarded until it can.`,
    commands: status,
  },
  'not-inspected': {
    severity: 'critical',
    ...withItsState('when a key that differs is inspected'),
    judgement: LEFT_TO_PEOPLE,
    says: (of, since, key) =>
      `Nobody has inspected ${key} since ${utc(since)}, though it is not as approved: nothing is undone in ${of}. See whether the function inspect runs.`,
    commands: (_of, key) => [`key-guardian restore ${key}`],
  },
  'policy-invalid': {
    severity: 'critical',
    ...withItsState('when the policy can be used again'),
    judgement: LEFT_TO_PEOPLE,
    says: (_of, _since, because) =>
      `The policy cannot be used, so that no vault is watched and nothing is written: ${because}.`,
    commands: () => ['npm run build'],
  },
} satisfies Readonly<Record<string, Reason>>;

export const guardianBlind = kindOfReasons(
  {
    id: 'guardian-blind',
    audience: 'on-call',
    tells: 'What is to be guarded cannot be observed, so that nothing of it is noticed or undone.',
    reasons,
  },
  (reason: keyof typeof reasons, subject: Subject, since: Date, because?: string) => {
    const { says, judgement, commands }: Reason = reasons[reason];
    const of = spellSubject(subject);
    const given = because ?? 'unknown';
    return { subject, since, summary: says(of, since, given), judgement, commands: [...commands(of, given)] };
  },
);
