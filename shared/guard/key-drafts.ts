import type { Actor } from '../domain/audit-record.ts';
import { type Decision, type Judgement, spellVerdict, type UndoneFinding, type Verdict } from '../domain/decision.ts';
import type { Incident } from '../domain/incident.ts';
import { type KeyId, spell } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { later, MINUTE_MS } from '../domain/time.ts';
import { DISKS_FAIL_AFTER_MINUTES, type IncidentDraft } from '../incidents/draft.ts';
import { keyContested } from '../incidents/kinds/key-contested.ts';
import { keyUnwritable } from '../incidents/kinds/key-unwritable.ts';
import { doerOf } from './actors.ts';
import { contester } from './contested.ts';
import { rules } from './keys/rules/registry.ts';
import { versionBornWeak } from './keys/rules/version-born-weak.ts';
import { versionExpired } from './keys/rules/version-expired.ts';

/** A passing failure is told once it has lasted this long, in ms. */
export const TOLD_AFTER_MS = 2 * MINUTE_MS;

/** What a look found, and what came of it. */
export interface Found {
  /** What was undone in this look, or by a worker before us. */
  readonly undone: readonly UndoneFinding[];
  /** How the look ended. */
  readonly decision: Decision;
  /** What went wrong while undoing. */
  readonly failure: string | undefined;
  readonly record: KeyRecord;
}

/** Every incident that a look leads to. */
export const draftsOf = (
  id: KeyId,
  { undone, decision, failure, record }: Found,
  now: Date,
): readonly IncidentDraft[] => [
  ...undone.map((finding) => draftOf(id, finding, UNDOING, record)),
  ...decision.judgements.flatMap((judgement) => draftOfJudgement(id, judgement, failure, record)),
  ...unwritableDrafts(id, record, now),
];

function draftOfJudgement(
  id: KeyId,
  { finding, verdict }: Judgement,
  failure: string | undefined,
  record: KeyRecord,
): readonly IncidentDraft[] {
  switch (verdict.kind) {
    case 'approved':
    case 'settling':
      return [];
    case 'undo':
      return [draftOf(id, finding, failure === undefined ? UNDOING : notDoneYet(failure), record)];
    case 'withheld':
      // A recovery that was begun is being undone; it only has not shown yet.
      return [draftOf(id, finding, verdict.because === 'recovering' ? UNDOING : withheld(verdict), record)];
    case 'told':
      return [draftOf(id, finding, { judgement: spellVerdict(verdict), undoing: false, mend: 'accept' }, record)];
    default:
      return verdict satisfies never;
  }
}

/** How it stands with what was found: in words, whether the guardian is undoing it, and what a person could do. */
interface Standing {
  readonly judgement: string;
  readonly undoing: boolean;
  readonly mend: 'restore' | 'accept' | 'nothing';
}

const UNDOING: Standing = { judgement: 'undoing', undoing: true, mend: 'nothing' };
const notDoneYet = (failure: string): Standing => ({
  judgement: `undoing, not done yet: ${failure}`,
  undoing: true,
  mend: 'restore',
});
const withheld = (verdict: Verdict): Standing => ({
  judgement: spellVerdict(verdict),
  undoing: false,
  mend: 'restore',
});

function draftOf(
  id: KeyId,
  finding: UndoneFinding,
  { judgement, undoing, mend }: Standing,
  record: KeyRecord,
): IncidentDraft {
  const command = commandFor(id, finding, mend);
  const by = namedFor(finding.rule, finding, record);
  return {
    kind: finding.rule,
    severity: finding.severity,
    subject: { ...id, ...(finding.version === undefined ? {} : { version: finding.version }) },
    since: finding.since,
    ...(finding.previous === undefined ? {} : { previous: finding.previous }),
    summary: finding.summary,
    judgement,
    undoing,
    ...(finding.stopsDisks ? { deadline: later(finding.since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) } : {}),
    ...(by === undefined ? {} : { who: by }),
    ...(command === undefined ? {} : { command }),
  };
}

/** What is only told of a version can be taken for what is approved; accepting an expiry that has passed would mend nothing. */
function commandFor(id: KeyId, { rule, version }: UndoneFinding, mend: Standing['mend']): string | undefined {
  switch (mend) {
    case 'restore':
      return `key-guardian restore ${spell(id)}`;
    case 'accept':
      // What of it falls short decides how it is to be accepted.
      if (rule === versionBornWeak.id) return `key-guardian baseline show ${id.vault}`;
      return version === undefined || rule === versionExpired.id
        ? undefined
        : `key-guardian baseline accept ${id.vault} --as-shown ${id.key}/${version}`;
    case 'nothing':
      return undefined;
    default:
      return mend satisfies never;
  }
}

/** Who is to be named for what an incident tells of, where the audit log has told. */
export function namedFor(
  kind: string,
  { version, since, previous }: Pick<UndoneFinding, 'version' | 'since' | 'previous'>,
  record: KeyRecord,
): Actor | undefined {
  if (kind === keyContested.id) return contester(record);
  const rule = rules.find(({ id }) => id === kind);
  if (rule === undefined) return undefined;
  return doerOf(rule.doneBy, { version, since, previous }, record.acts);
}

/** How an incident ends that is not found any more; `undefined` where nobody can say, since its version cannot be seen. */
export function endOf(
  { kind, subject, undoing }: Incident,
  { judgements }: Decision,
): { readonly judgement: string; readonly restored: boolean } | undefined {
  const approved = judgements.find(
    ({ finding, verdict }) =>
      verdict.kind === 'approved' &&
      (finding.version === undefined || (finding.rule === kind && finding.version === subject.version)),
  );
  if (approved !== undefined) return { judgement: spellVerdict(approved.verdict), restored: false };
  // A deleted key that was purged since has not become good: its bad state has become another one.
  const whole = judgements.find(({ finding }) => finding.version === undefined);
  if (whole !== undefined)
    return subject.version === undefined ? { judgement: `now ${whole.finding.rule}`, restored: false } : undefined;
  return undoing === true ? { judgement: 'undone', restored: true } : { judgement: 'good again', restored: false };
}

/** That what is to be undone has been refused for two minutes: told once, with the reason of the last time. */
function unwritableDrafts(id: KeyId, { unwritable }: KeyRecord, now: Date): readonly IncidentDraft[] {
  if (unwritable === undefined || now.getTime() - unwritable.since.getTime() < TOLD_AFTER_MS) return [];
  return [keyUnwritable.draft(id, unwritable.since, unwritable.because)];
}
