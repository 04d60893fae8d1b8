import type { Actor } from '../domain/audit-record.ts';
import type { Decision, UndoneFinding } from '../domain/decision.ts';
import type { KeyId } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { HOUR_MS } from '../domain/time.ts';
import { hourOf, type IncidentDraft, incidentId } from '../incidents/draft.ts';
import { keyContested } from '../incidents/kinds/key-contested.ts';
import { doerOf } from './actors.ts';
import { isThird } from './undone.ts';

interface Looked {
  /** What was undone in this look, or by a worker before us. */
  readonly undone: readonly UndoneFinding[];
  readonly decision: Decision;
  readonly record: KeyRecord;
}

/**
 * The third act undone within an hour pages on-call, and each hour again, with the name of who does it. The incident's id
 * is that of the act's hour: by its state it would go on in the one of the hour before, and nobody be told.
 */
export function contestedIncident(
  id: KeyId,
  { undone, decision, record }: Looked,
  now: Date,
): { readonly draft: IncidentDraft; readonly id: string } | undefined {
  if (!decision.contested && !undone.some((finding) => isThird(finding, { record, now }))) return undefined;
  const who = contester(record);
  const acts = [...undone, ...decision.judgements.map(({ finding }) => finding)];
  const since = new Date(Math.max(...acts.map((act) => act.since.getTime())));
  const draft = keyContested.draft(id, since, who);
  return { draft, id: incidentId({ ...draft, since: hourOf(since) }) };
}

/** Who did the last of the undone acts for which somebody is to be named. */
export const contester = ({ undone, acts }: KeyRecord): Actor | undefined =>
  undone
    .toReversed()
    .map(({ version, since, previous }) =>
      doerOf([version === undefined ? 'KeyDelete' : 'KeyUpdate'], { version, since, previous }, acts),
    )
    .find((actor) => actor !== undefined);

/** Whether an act was undone so long ago that it makes nothing contested any more: then it is time to look again. */
export const hasCalmed = ({ undone }: KeyRecord, now: Date): boolean =>
  undone.some(({ at }) => now.getTime() - at.getTime() >= HOUR_MS);

/** Whether fewer acts were undone within the last hour than make a key contested. */
export const isCalm = ({ undone }: KeyRecord, now: Date): boolean =>
  !undone.some((one) => isThird(one, { record: { undone }, now }));
