import type { Actor } from '../../domain/audit-record.ts';
import { type Audience, type Ending, type Incident, LEFT_TO_PEOPLE, type Severity } from '../../domain/incident.ts';
import { shellWord } from '../../domain/shell-word.ts';
import type { IncidentDraft } from '../draft.ts';

/** What an incident that no rule makes says of itself: data first, for reports, documentation and tests. */
export interface KindFacts {
  /** The name of its file; alerts, the trail and `status` call it so. */
  readonly id: string;
  /** What it tells, in one sentence. */
  readonly tells: string;
  readonly audience: Audience;
  /** What its incidents are about. One reason, called like the kind, where all are alike. */
  readonly reasons: Readonly<Record<string, ReasonFacts>>;
}

/** One reason for an incident of a kind. */
export interface ReasonFacts {
  readonly severity: Severity;
  readonly ends: Ending;
  /** What resolves it, in words. */
  readonly endsWhen: string;
}

/** A kind of incident that no rule makes. `shared/incidents/kinds/<id>.ts`, one file each, listed in `registry.ts`. */
export type IncidentKind<Given extends readonly unknown[]> = KindFacts & {
  readonly draft: (...given: Given) => IncidentDraft;
};

/** What a kind says of one incident: all but what its facts say. The default judgement: left to people. */
type Says = Omit<IncidentDraft, 'kind' | 'reason' | 'severity' | 'audience' | 'ends' | 'judgement'> &
  Partial<Pick<IncidentDraft, 'judgement'>>;

const LEFT = { judgement: LEFT_TO_PEOPLE } as const;

/** How an incident ends that tells of an act. */
export const BY_A_PERSON = { ends: 'by-a-person', endsWhen: 'by a person: `incident close`' } as const;

/** How an incident ends that tells of a state which somebody notices to be over. */
export const withItsState = (endsWhen: string) => ({ ends: 'with-its-state', endsWhen }) as const;

/** A kind of one reason. @param says what its incidents say, for what they are given */
export const incidentKind = <Given extends readonly unknown[]>(
  { id, severity, ends, endsWhen, ...facts }: Omit<KindFacts, 'reasons'> & ReasonFacts,
  says: (...given: Given) => Says,
): IncidentKind<Given> => ({
  id,
  ...facts,
  reasons: { [id]: { severity, ends, endsWhen } },
  draft: (...given) => ({ kind: id, severity, ends, audience: facts.audience, ...LEFT, ...says(...given) }),
});

/** A kind of several reasons: each is an incident of its own. @param says what its incidents say, for what they are given */
export const kindOfReasons = <Reason extends string, Given extends readonly unknown[]>(
  facts: KindFacts & { readonly reasons: Readonly<Record<Reason, ReasonFacts>> },
  says: (reason: Reason, ...given: Given) => Says,
): IncidentKind<[reason: Reason, ...given: Given]> => ({
  ...facts,
  draft(reason, ...given) {
    const { severity, ends } = facts.reasons[reason];
    return { kind: facts.id, reason, severity, ends, audience: facts.audience, ...LEFT, ...says(reason, ...given) };
  },
});

/** The command that shows what lets somebody do what they did in a vault; none where their id is not known. */
export const rolesOf = ({ oid }: Pick<Actor, 'oid'>, vault: string): string[] =>
  oid === 'unknown' ? [] : [`${rolesAt(vault, shellWord(oid))}  # what lets them: take away what is not theirs`];

/** The command that lists what an identity may do in a vault, by its groups as well, or what everybody may. @param assignee as one word of a shell */
export const rolesAt = (vault: string, assignee?: string): string => {
  const whose = assignee === undefined ? '' : ` --include-groups --assignee ${assignee}`;
  return `az role assignment list --scope ${idOfVault(vault)} --include-inherited${whose} --output table`;
};

/** The id of a vault, as a shell finds it. Without quotes: where there is none, the command fails, and takes no other scope. */
export const idOfVault = (vault: string): string => `$(az keyvault show --name ${vault} --query id --output tsv)`;

/** A command that is run in the folder from which the guardian was deployed. @param why what it does, or when it is meant */
const inItsFolder = (command: string) => (why: string) => `${command}  # ${why} (in the folder of its deployment)`;
/** Gives the guardian its rights, diagnostic settings and event subscriptions at the vaults again. */
export const connect = inItsFolder('npm run connect');
/** Makes everything again that a deployment makes. */
export const provision = inItsFolder('azd provision');
/** Deploys all of it. */
export const deployAll = inItsFolder('azd up');
/** Deploys the app and its policy. */
export const deploy = inItsFolder('azd deploy');

/** Whether an incident is of a kind, for a reason where one is named. */
export const isOf =
  ({ id }: Pick<KindFacts, 'id'>, reason?: string) =>
  (incident: Pick<Incident, 'kind' | 'reason'>): boolean =>
    incident.kind === id && (reason === undefined || incident.reason === reason);

/** The first of many names or sentences in one text, with how many more there are. */
export const listed = (all: readonly string[], most: number, between = ', '): string =>
  [...all.slice(0, most), ...(all.length > most ? [`and ${all.length - most} more`] : [])].join(between);
