import { LEFT_TO_PEOPLE } from '../../domain/incident.ts';
import { GUARDIAN, type Subject, spellSubject } from '../../domain/subject.ts';
import { BY_A_PERSON, kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

interface Reason extends ReasonFacts {
  /** Default: left to people. */
  readonly judgement?: string;
  says(what: string, of: string): string;
}

const reasons = {
  'channel-failing': {
    severity: 'error',
    ...withItsState('when every channel has accepted an alert again'),
    judgement: 'trying again',
    says: (what) =>
      `Alerts do not get through by ${what}. They are sent there again and again, and by the next channel meanwhile, where there is one.`,
  },
  'channel-misconfigured': {
    severity: 'error',
    ...withItsState('when the channel can be used'),
    says: (what) => what,
  },
  'setting-misconfigured': {
    severity: 'error',
    ...withItsState('when every setting can be used'),
    says: (what) => `The app does without settings that cannot be used: ${what}.`,
  },
  'dead-letters-left': {
    severity: 'warning',
    ...withItsState('when those queues are empty'),
    says: (what) =>
      `Messages lie in ${what}, and no function can take them: read them in the storage account of the register, then remove them.`,
  },
  'not-wired': {
    severity: 'error',
    ...withItsState('when a survey finds all that was missing'),
    says: (what, of) =>
      `The vault ${of} is not wired to the guardian: ${what} "npm run connect" sets up what is missing.`,
  },
  quarantined: { severity: 'warning', ...BY_A_PERSON, says: (what) => what },
  'register-lost': {
    severity: 'critical',
    ...BY_A_PERSON,
    judgement: 'rebuilt from the trail',
    says: (what, of) =>
      `The register of ${of} was empty although its baseline was accepted; keys rebuilt from the trail: ${what}.`,
  },
  'sentry-silent': {
    severity: 'warning',
    ...withItsState('when the sentry runs again'),
    says: (since) =>
      `The timer of the sentry has not fired since ${since}. Sweeps and alerts go on without it: restart the function app.`,
  },
  'signatures-unverified': {
    severity: 'error',
    ...withItsState('when the signatures can be verified'),
    says: (count, of) =>
      `The signatures of approvals or holds for ${of} cannot be verified, ${count} in number: the guardian's own key cannot be read, or none is set up. Until then such approvals count for nothing, and such holds count.`,
  },
  'survey-missed': {
    severity: 'warning',
    ...withItsState('when a survey comes to a good end'),
    judgement: 'trying again',
    says: (what) =>
      `What hangs on the keys is not kept up to date: ${what}. What was known stays as it was. See docs/rights.md for what the identity surveyor needs.`,
  },
  'trail-spooled': {
    severity: 'error',
    ...withItsState('when the records are in the trail'),
    judgement: 'trying again',
    says: (_what, of) =>
      `The trail of ${of} cannot be appended: its records are spooled in the register's storage and are replayed later.`,
  },
  'trail-unsealed': {
    severity: 'warning',
    ...withItsState('when the trail is sealed again'),
    judgement: 'trying again',
    says: (since) =>
      `The trail should have been sealed at ${since} Until it is, nothing shows that a record was removed.`,
  },
  'trail-not-shipped': {
    severity: 'warning',
    ...withItsState('when records arrive in the workspace again'),
    judgement: 'trying again',
    says: (since) =>
      `No record of the trail has reached the workspace since ${since} The trail itself has them all, and they are sent later.`,
  },
  'records-missing': {
    severity: 'warning',
    ...withItsState('when audit events of every guarded vault arrive'),
    says: (vaults) =>
      `No audit events of ${vaults} arrive in a workspace that the guardian reads: who changes a key there is not known. Each vault needs a diagnostic setting that sends AuditEvent to the workspace (npm run connect).`,
  },
  'workspace-unread': {
    severity: 'warning',
    ...withItsState('when the workspace can be queried'),
    judgement: 'trying again',
    says: (since) =>
      `A workspace could not be queried since ${since} Until it can, nobody knows from there who changed a key; sweeps and restores go on.`,
  },
} satisfies Readonly<Record<string, Reason>>;

export const guardianUnwell = kindOfReasons(
  {
    id: 'guardian-unwell',
    audience: 'operators',
    tells: 'The guardian goes on, but lacks something that it should have.',
    reasons,
  },
  (
    reason: keyof typeof reasons,
    since: Date,
    what: string,
    subject: Subject = GUARDIAN,
    commands?: readonly string[],
  ) => {
    const { says, judgement = LEFT_TO_PEOPLE }: Reason = reasons[reason];
    const summary = says(what, spellSubject(subject));
    return { subject, since, summary, judgement, ...(commands === undefined ? {} : { commands: [...commands] }) };
  },
);
