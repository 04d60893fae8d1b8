import { type Subject, spellSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { kindOfReasons, type ReasonFacts } from './kind.ts';

const UNTIL_SEEN = { severity: 'critical', ends: 'with-its-state' } as const;

const reasons = {
  'vault-unreadable': { ...UNTIL_SEEN, endsWhen: 'when a sweep came to its end' },
  'key-unreadable': { severity: 'error', ends: 'with-an-inspection', endsWhen: 'when the key was read' },
  'register-unreadable': {
    severity: 'critical',
    ends: 'with-an-inspection',
    endsWhen: 'when the row of the register was read',
  },
  'not-inspected': { ...UNTIL_SEEN, endsWhen: 'when a key that differs is inspected' },
  'policy-invalid': { ...UNTIL_SEEN, endsWhen: 'when the policy can be used again' },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** Why the guardian is blind. */
export type BlindReason = keyof typeof reasons;

const SAYS: Readonly<Record<BlindReason, (of: string, since: Date, because: string) => string>> = {
  'vault-unreadable': (of, since, because) =>
    `Vault ${of} cannot be swept since ${utc(since)}: ${because}. Deletions and disablements there go unnoticed.`,
  'key-unreadable': (of, _since, because) =>
    `Key ${of} cannot be read: ${because}. This does not mean that it is gone.`,
  'register-unreadable': (of) =>
    `What the register holds of key ${of} cannot be read: the key is not guarded until it can.`,
  'not-inspected': (of, since, because) =>
    `Nobody has inspected ${because} since ${utc(since)}, though it is not as approved: nothing is undone in ${of}. See whether the function inspect runs.`,
  'policy-invalid': (_of, _since, because) =>
    `The policy cannot be used, so that no vault is watched and nothing is written: ${because}.`,
};

export const guardianBlind = kindOfReasons(
  {
    id: 'guardian-blind',
    audience: 'on-call',
    tells: 'What is to be guarded cannot be observed, so that nothing of it is noticed or undone.',
    reasons,
  },
  (reason: BlindReason, subject: Subject, since: Date, because?: string) => ({
    subject,
    since,
    summary: SAYS[reason](spellSubject(subject), since, because ?? 'unknown'),
    judgement: reason === 'vault-unreadable' || reason === 'key-unreadable' ? 'trying again' : 'left to people',
  }),
);
