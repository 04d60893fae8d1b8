import { GUARDIAN, type Subject, spellSubject } from '../../domain/subject.ts';
import { BY_A_PERSON, kindOfReasons, type ReasonFacts } from './kind.ts';

const reasons = {
  'channel-misconfigured': { severity: 'error', ends: 'with-its-state', endsWhen: 'when the channel can be used' },
  'setting-misconfigured': { severity: 'error', ends: 'with-its-state', endsWhen: 'when every setting can be used' },
  'dead-letters-left': { severity: 'warning', ends: 'with-its-state', endsWhen: 'when those queues are empty' },
  quarantined: { severity: 'warning', ...BY_A_PERSON },
  'register-lost': { severity: 'critical', ...BY_A_PERSON },
  'sentry-silent': { severity: 'warning', ends: 'with-its-state', endsWhen: 'when the sentry runs again' },
  'trail-spooled': { severity: 'error', ends: 'with-its-state', endsWhen: 'when the records are in the trail' },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

/** What the guardian lacks. */
export type UnwellReason = keyof typeof reasons;

const SAYS: Readonly<Record<UnwellReason, (of: string, what: string) => string>> = {
  'channel-misconfigured': (_of, what) => what,
  'setting-misconfigured': (_of, what) => `The app does without settings that cannot be used: ${what}.`,
  'dead-letters-left': (_of, what) =>
    `Messages lie in ${what}, and no function can take them: read them in the storage account of the register, then remove them.`,
  quarantined: (_of, what) => what,
  'register-lost': (of, what) =>
    `The register of ${of} was empty although its baseline was accepted; keys rebuilt from the trail: ${what}.`,
  'sentry-silent': (of, what) =>
    `A sweep of ${of} was overdue: the function ${what} scheduled the next one before the sentry did.`,
  'trail-spooled': (of) =>
    `The trail of ${of} cannot be appended: its records are spooled in the register's storage and are replayed later.`,
};

const JUDGEMENTS: Readonly<Partial<Record<UnwellReason, string>>> = {
  'register-lost': 'rebuilt from the trail',
  'sentry-silent': 'scheduled again',
  'trail-spooled': 'trying again',
};

export const guardianUnwell = kindOfReasons(
  {
    id: 'guardian-unwell',
    audience: 'operators',
    tells: 'The guardian goes on, but lacks something that it should have.',
    reasons,
  },
  (reason: UnwellReason, since: Date, what: string, subject: Subject = GUARDIAN) => ({
    subject,
    since,
    summary: SAYS[reason](spellSubject(subject), what),
    judgement: JUDGEMENTS[reason] ?? 'left to people',
  }),
);
