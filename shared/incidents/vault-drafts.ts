import type { Hold } from '../domain/hold.ts';
import { type KeyId, spell } from '../domain/key.ts';
import { utc } from '../domain/time.ts';
import type { PolicyInvalid } from '../errors.ts';
import { hourOf, type IncidentDraft } from './draft.ts';

/** The trail's storage does not take records: the register's storage keeps them until it does. */
export const trailBehindDraft = (vault: string, now: Date): IncidentDraft => ({
  kind: 'trail-behind',
  severity: 'error',
  subject: { vault },
  since: hourOf(now),
  summary: `The trail of ${vault} cannot be appended: its records wait in the register's storage and follow later.`,
  judgement: 'trying again',
});

/** A vault that cannot be swept is blind, whatever the reason. */
export const vaultBlindDraft = (vault: string, since: Date, because: string): IncidentDraft => ({
  kind: 'vault-blind',
  severity: 'critical',
  subject: { vault },
  since,
  summary: `Vault ${vault} cannot be swept since ${utc(since)}: ${because}. Deletions and disablements there go unseen.`,
  judgement: 'trying again',
});

/** More was bad before the last look than the guardian undoes by itself. */
export const massBrakeDraft = (vault: string, since: Date, versions: number): IncidentDraft => ({
  kind: 'mass-brake',
  severity: 'critical',
  subject: { vault },
  since,
  summary: `${versions} versions in ${vault} were bad before the last look and would be undone only because the register says so.`,
  judgement: 'held for a person',
  command: `key-guardian baseline show ${vault}`,
});

/** The register lost a vault whose baseline was accepted. */
export const registerLostDraft = (vault: string, since: Date, keys: number): IncidentDraft => ({
  kind: 'register-lost',
  severity: 'critical',
  subject: { vault },
  since,
  summary: `The register of ${vault} was empty although its baseline was accepted; ${keys} keys were rebuilt from the trail.`,
  judgement: 'rebuilt from the trail',
});

/** What the register holds of a key cannot be read: the key is not guarded. Ends when it was looked at again. */
export const REGISTER_UNREADABLE = 'register-unreadable';
export const registerUnreadableDraft = (subject: KeyId, since: Date): IncidentDraft => ({
  kind: REGISTER_UNREADABLE,
  severity: 'critical',
  subject,
  since,
  summary: `What the register holds of key ${spell(subject)} cannot be read: the key is not guarded until it can.`,
  judgement: 'left to people',
});

/** Something that could not be parsed; `folder` holds all that was set aside from its source that day. */
export const setAsideDraft = (
  vault: string,
  since: Date,
  document: string,
  folder: string,
  because: string,
): IncidentDraft => ({
  kind: 'set-aside',
  severity: 'warning',
  subject: { vault },
  since,
  summary: `Something could not be read and was set aside whole as ${document}: ${because}. What follows from the same source lies in ${folder}.`,
  judgement: 'left to people',
});

/** The kind of the incident that says that another function than the sentry planted a pass. */
export const TIMER_DEAD = 'sweep-replanted';

/** Passes went on without the timer. */
export const timerDeadDraft = (vault: string, since: Date, by: string): IncidentDraft => ({
  kind: TIMER_DEAD,
  severity: 'warning',
  subject: { vault },
  since,
  summary: `No pass over ${vault} for two minutes: ${by} planted the next one before the sentry did.`,
  judgement: 'planted again',
});

/** A person stopped writes. Everyone hears of it. */
export const holdSetDraft = ({ vault = 'none', key, by, why, from, until }: Hold): IncidentDraft => ({
  kind: 'hold-set',
  severity: 'critical',
  subject: { vault, ...(key === undefined ? {} : { key }) },
  since: from,
  summary: `A hold stops every write to ${vault === 'none' ? 'everything' : key === undefined ? `vault ${vault}` : `key ${vault}/${key}`} until ${utc(until)}: ${why}`,
  judgement: 'set by a person',
  who: by,
});

/** The policy guards less well than the one before it. Everyone hears of it: who may change it may be who attacks. */
export const policyLoosenedDraft = (loosened: readonly string[], now: Date): IncidentDraft => ({
  kind: 'policy-loosened',
  severity: 'error',
  subject: { vault: 'none' },
  since: now,
  summary: `The policy guards less than before: ${loosened.join('; ')}.`,
  judgement: 'left to people',
});

/** Faults of a policy that an alert names at most. */
const TOLD_FAULTS = 20;

/** The policy file cannot be used: nothing is written to any vault. */
export function policyInvalidDraft({ faults }: PolicyInvalid, now: Date): IncidentDraft {
  const more =
    faults.length <= TOLD_FAULTS ? '' : `; and ${faults.length - TOLD_FAULTS} more: "npm run build" lists all`;
  return {
    kind: 'policy-invalid',
    severity: 'critical',
    subject: { vault: 'none' },
    since: now,
    summary: `The policy cannot be used, so that no vault is watched and nothing is written: ${faults.slice(0, TOLD_FAULTS).join('; ')}${more}.`,
    judgement: 'left to people',
  };
}
