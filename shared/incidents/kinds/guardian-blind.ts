import { LEFT_TO_PEOPLE } from '../../domain/incident.ts';
import { type Subject, spellSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { UNREADABLE } from '../../domain/vault.ts';
import { kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

interface Reason extends ReasonFacts {
  readonly judgement: string;
  says(of: string, since: Date, because: string): string;
}

const reasons = {
  'vault-unreadable': {
    severity: 'critical',
    ...withItsState('when a sweep came to its end'),
    judgement: 'trying again',
    says: (of, since, because) =>
      `Vault ${of} has not been swept since ${utc(since)}: ${UNREADABLE[because] ?? because}. Deletions and disablements there go unnoticed.`,
  },
  'no-token': {
    severity: 'critical',
    ...withItsState('when vaults are swept again, or fail for another reason'),
    judgement: 'trying again',
    says: () =>
      'The guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID): vaults are not swept, and deletions and disablements there go unnoticed.',
  },
  'key-unreadable': {
    severity: 'error',
    ends: 'with-an-inspection',
    endsWhen: 'when the key was read',
    judgement: 'trying again',
    says: (of, _since, because) =>
      `Key ${of} cannot be read: ${UNREADABLE[because] ?? because}. This does not mean that it is gone.`,
  },
  'register-unreadable': {
    severity: 'critical',
    ends: 'with-an-inspection',
    endsWhen: 'when the row of the register was read',
    judgement: LEFT_TO_PEOPLE,
    says: (of) => `What the register holds of key ${of} cannot be read: the key is not guarded until it can.`,
  },
  'not-inspected': {
    severity: 'critical',
    ...withItsState('when a key that differs is inspected'),
    judgement: LEFT_TO_PEOPLE,
    says: (of, since, key) =>
      `Nobody has inspected ${key} since ${utc(since)}, though it is not as approved: nothing is undone in ${of}. See whether the function inspect runs.`,
  },
  'policy-invalid': {
    severity: 'critical',
    ...withItsState('when the policy can be used again'),
    judgement: LEFT_TO_PEOPLE,
    says: (_of, _since, because) =>
      `The policy cannot be used, so that no vault is watched and nothing is written: ${because}.`,
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
    const { says, judgement }: Reason = reasons[reason];
    return { subject, since, summary: says(spellSubject(subject), since, because ?? 'unknown'), judgement };
  },
);
