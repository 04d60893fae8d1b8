import type { Severity } from '../../domain/incident.ts';
import type { IncidentDraft } from '../draft.ts';

/** When an incident is resolved, and by what. */
export type Ends =
  /** It tells of an act: nothing becomes good again by itself. */
  | { readonly kind: 'by-a-person' }
  /** The look at its key that does not come to it any more resolves it. */
  | { readonly kind: 'with-a-look'; readonly when: string }
  /** What notices that its state is over resolves it. */
  | { readonly kind: 'with-its-state'; readonly when: string };

/** What an incident that no rule makes says of itself: data first, for reports, documentation and tests. */
export interface KindFacts {
  /** The name of its file and of its test; alerts, the trail and `status` call it so. */
  readonly id: string;
  readonly severity: Severity;
  /** What it tells, in one sentence. */
  readonly tells: string;
  readonly ends: Ends;
}

/** A kind of incident that no rule makes. `shared/incidents/kinds/<id>.ts`, one file each, listed in `registry.ts`. */
export type IncidentKind<Given extends readonly unknown[]> = KindFacts & {
  readonly draft: (...given: Given) => IncidentDraft;
};

/**
 * A kind of incident that drafts what it is given, under its own name and severity.
 *
 * @param says what its incidents say, for what they are given
 */
export const incidentKind = <Given extends readonly unknown[]>(
  facts: KindFacts,
  says: (...given: Given) => Omit<IncidentDraft, 'kind' | 'severity'>,
): IncidentKind<Given> => ({
  ...facts,
  draft: (...given) => ({ kind: facts.id, severity: facts.severity, ...says(...given) }),
});
