import { LEFT_TO_PEOPLE } from '../../domain/incident.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { GUARDIAN, type Subject, spellSubject } from '../../domain/subject.ts';
import { BY_A_PERSON, connect, kindOfReasons, provision, type ReasonFacts, withItsState } from './kind.ts';

interface Reason extends ReasonFacts {
  /** Default: left to people. */
  readonly judgement?: string;
  says(what: string, of: string): string;
  /** What a person types, where nothing more is known. Default: nothing. @param of the vault */
  readonly commands?: (of: string) => readonly string[];
}

const TRYING = 'trying again; an operator has to see why, in working hours';
/** What a person types where the guardian's own key does not sign or verify. */
const signingKey = (): readonly string[] => [
  'az keyvault key show --id <signing-key>  # whether it is there and enabled',
  'az keyvault key recover --vault-name <vault> --name signing  # if it was deleted: no other key verifies what it signed',
  provision('if it is there, gives the right to it back'),
];
/** The same for what a deployment makes in Log Analytics. */
const sending = (): readonly string[] => [
  provision('if it answered 403 or 404, gives back the right or what is gone; 429 and 5xx end by themselves'),
];

const reasons = {
  'channel-failing': {
    severity: 'error',
    ...withItsState('when every channel has accepted an alert again'),
    judgement: TRYING,
    says: (what) =>
      `Alerts do not get through by ${what}. They are sent there again and again, and by the next channel meanwhile, where there is one. Status 401 or 403: its secret or its role; 404 or 410: its address; 429 or none: it is busy, or not reached.`,
  },
  'channel-misconfigured': {
    severity: 'error',
    ...withItsState('when the channel can be used'),
    says: (what) => what,
  },
  'setting-misconfigured': {
    severity: 'error',
    ...withItsState('when every setting can be used'),
    says: (what) =>
      `The app does without settings that cannot be used: ${what}. Where there is a default, it is used instead.`,
    commands: () => [
      provision('once the setting is right in infra/main.bicepparam; docs/configuration.md has them all'),
    ],
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
    says: (what, of) => `The vault ${of} is not wired to the guardian: ${what}`,
    commands: () => [connect('or, instead, sets up all that is missing')],
  },
  quarantined: { severity: 'warning', ...BY_A_PERSON, says: (what) => what },
  'register-lost': {
    severity: 'critical',
    ...BY_A_PERSON,
    judgement: 'rebuilt from the trail; an operator has to check it, in working hours',
    says: (what, of) =>
      `The register of ${of} was empty although its baseline was accepted; keys rebuilt from the trail: ${what}.`,
    commands: (of) => [
      `key-guardian baseline show ${of}  # whether each key has what was approved: if one is right as it is now, "baseline accept" it`,
    ],
  },
  'sentry-silent': {
    severity: 'warning',
    ...withItsState('when the sentry runs again'),
    says: (since) => `The timer of the sentry has not fired since ${since}. Sweeps and alerts go on without it.`,
    commands: () => ['az functionapp restart --ids <app>'],
  },
  'signatures-unverified': {
    severity: 'error',
    ...withItsState('when the signatures can be verified'),
    says: (count, of) =>
      `The signatures of approvals or holds for ${of} cannot be verified, ${count} in number: the guardian's own key cannot be read, or none is set up. Until then such approvals count for nothing, and such holds count.`,
    commands: signingKey,
  },
  'survey-missed': {
    severity: 'warning',
    ...withItsState('when a survey comes to a good end'),
    judgement: TRYING,
    says: (what) => `What hangs on the keys is not kept up to date: ${what}. What was known stays as it was.`,
    commands: () => [
      'az role assignment list --all --assignee <surveyor> --output table  # whether the identity surveyor has its role in the current subscription',
      connect('if it has not, gives it back'),
    ],
  },
  'trail-spooled': {
    severity: 'error',
    ...withItsState('when the records are in the trail'),
    judgement: TRYING,
    says: (_what, of) =>
      `The trail of ${of} cannot be appended: its records are spooled in the register's storage and are replayed later.`,
    commands: () => [
      'az storage account show --name <trail> --query "{firewall:networkRuleSet.defaultAction,public:publicNetworkAccess}"  # whether it was closed',
      provision('gives the right to append, and the way there, back'),
    ],
  },
  'trail-unsealed': {
    severity: 'warning',
    ...withItsState('when the trail is sealed again'),
    judgement: TRYING,
    says: (since) =>
      `The trail should have been sealed at ${since} Until it is, nothing shows that a record was removed.`,
    commands: signingKey,
  },
  'trail-not-shipped': {
    severity: 'warning',
    ...withItsState('when records arrive in the workspace again'),
    judgement: TRYING,
    says: (since) =>
      `No record of the trail has reached the workspace since ${since} The trail itself has them all, and they are sent later.`,
    commands: sending,
  },
  'records-missing': {
    severity: 'warning',
    ...withItsState('when audit events of every guarded vault arrive'),
    says: (vaults) =>
      `No audit events of ${vaults} arrive in a workspace that the guardian reads: who changes a key there is not known. Somebody removed a diagnostic setting of the vault, or the workspace has reached its daily cap.`,
    commands: () => [connect('makes diagnostic settings again; a daily cap ends by itself')],
  },
  'workspace-unread': {
    severity: 'warning',
    ...withItsState('when the workspace can be queried'),
    judgement: TRYING,
    says: (since) =>
      `A workspace could not be queried since ${since} Until it can, nobody knows from there who changed a key; sweeps and restores go on.`,
    commands: sending,
  },
} satisfies Readonly<Record<string, Reason>>;

/** What a person types to mend a channel or the heartbeat, and then to see that it is. @param channel its id */
export const mendedBy = (channel: string): readonly string[] => [
  `az keyvault secret list --vault-name <vault> --query "[?starts_with(name,'key-guardian-${channel}')].name" --output tsv  # its secrets: "az keyvault secret set" sets one`,
  `az rest --method post --uri https://management.azure.com<app>"/config/configreferences/appsettings/refresh?api-version=2022-03-01"  # then: the app reads them again`,
  ...(channel === 'heartbeat' ? [] : [`key-guardian alert test ${channel}  # then: whether it works`]),
];

/** What a person types to read a queue that no function takes from, and then to empty it. */
export const emptying = (queue: string): readonly string[] => [
  `az storage message peek --account-name <register> --queue-name ${queue} --num-messages 32 --auth-mode login  # what they are`,
  `az storage message clear --account-name <register> --queue-name ${queue} --auth-mode login  # removes all of them: once you have read them`,
];

/** What a person types to read what was quarantined. @param document its name */
export const readingQuarantined = (document: string): string =>
  `az storage blob download --account-name <register> --container-name quarantine --name ${shellWord(document)} --file /dev/stdout --no-progress --auth-mode login  # what it says: look into any act in it for which there was no alert`;

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
    commands: readonly string[] = [],
  ) => {
    const { says, judgement = LEFT_TO_PEOPLE, commands: always }: Reason = reasons[reason];
    const of = spellSubject(subject);
    return { subject, since, summary: says(what, of), judgement, commands: [...commands, ...(always?.(of) ?? [])] };
  },
);
