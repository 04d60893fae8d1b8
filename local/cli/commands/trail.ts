import { spellJudgement } from '../../../shared/alerts/text.ts';
import { action, factsOf } from '../../../shared/domain/actions/registry.ts';
import type { AuditRecord } from '../../../shared/domain/audit-record.ts';
import { WITHHELD } from '../../../shared/domain/decision.ts';
import { spellSubject } from '../../../shared/domain/subject.ts';
import { utc } from '../../../shared/domain/time.ts';
import { trailReport } from '../../../shared/people/reports.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { parseHours, parseVaultOrKey, type Target } from '../target.ts';

const SHOWN_HOURS = 24;

/** `trail`. */
export const trail: CommandGroup = (program, run) => {
  program
    .command('trail')
    .description('Shows what was sensed, decided, done and alerted: the records of a vault, or of one of its keys.')
    .argument('<vault[/key]>', 'the vault or key', parseVaultOrKey)
    .option('--hours <n>', 'how many hours back to show', parseHours, SHOWN_HOURS)
    .action((target, { hours }) => run((context) => shown(target, hours, context))());
};

async function shown({ vault, key }: Target, hours: number, { api }: Context): Promise<string> {
  const query = new URLSearchParams({ hours: String(hours), ...(key === undefined ? {} : { key }) });
  const { records } = await api.get(`trail/${vault}?${query}`, trailReport);
  return records.length === 0 ? `Nothing was recorded within ${hours} h.` : records.map(line).join('\n');
}

function line({ time, what, subject, who, detail }: AuditRecord): string {
  const by = who === undefined ? [] : [`by ${who.name ?? who.oid}`];
  return [utc(time), what.padEnd(11), spellSubject(subject), ...by, summaryOf(detail)].join('  ');
}

/** The words of a record, in one line; its whole detail as JSON where it has none. */
function summaryOf(detail: AuditRecord['detail']): string {
  const { summary, says, findings, kind, event, because, outcome, channel, rule, approval } = detail;
  const words: readonly unknown[] = [
    event,
    rule,
    kind,
    channel,
    outcome,
    spelledReason(because, approval),
    summary,
    ...(Array.isArray(findings) ? spelledFindings(findings) : []),
    spelledAction(detail.action),
    says,
  ];
  const said = words.filter((word) => word !== undefined);
  return said.length === 0
    ? JSON.stringify(detail)
    : said.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(': ');
}

/** An action in words; as it is where this version does not know it. */
function spelledAction(given: unknown): unknown {
  const { data } = action.safeParse(given);
  return data === undefined ? given : factsOf(data).says;
}

/** Why something was withheld, in words; any other reason as it is. */
const spelledReason = (because: unknown, approval: unknown): unknown =>
  because === 'approved' && typeof approval === 'string'
    ? spellJudgement(`approved: ${approval}`)
    : typeof because === 'string' && because in WITHHELD
      ? spellJudgement(`withheld: ${because}`)
      : because;

const spelledFindings = (findings: readonly unknown[]): readonly string[] =>
  findings.length === 0 ? ['as approved'] : findings.map(spelledFinding);

const spelledFinding = (finding: unknown): string =>
  typeof finding === 'object' && finding !== null && 'summary' in finding && 'verdict' in finding
    ? `${String(finding.summary)} (${spellJudgement(String(finding.verdict))})`
    : JSON.stringify(finding);
