import { SECOND_MS, utc } from '../../shared/domain/time.ts';
import type { Judged, Verdict } from './fact.ts';
import { NotProven } from './not-proven.ts';
import { cleanedUpLines, type Played, spellVerdict } from './prove.ts';

/** What a report says besides what was played. It names no person, no vault and no key. */
export interface About {
  readonly release: { readonly version: string; readonly commit: string | undefined };
  readonly at: Date;
  /** The tenant's id, or what the person calls it. */
  readonly tenant: string;
  readonly isLocal: boolean;
  /** Whether the guardian's code read and undid under an identity of the guardian, or under the person's. */
  readonly hasGuardian: boolean;
}

/** A report as data: what `--json` writes. */
export type Report = About & Played;

/** What no throw-away vault shows, so that nobody takes it for proven. */
const NOT_PLAYED_HERE = [
  'Throttling: the limits of a vault are not provoked.',
  'Azure Policy, firewalls, private endpoints and perimeters.',
  'Keys in hardware modules, keys behind certificates, and Managed HSM.',
  'Failover of a vault to the paired region, and deleted vaults.',
  'Audit logs and Event Grid: what they say, and when it arrives.',
  'Disk encryption sets, disks and machines.',
];

const KINDS = ['held', 'did-not-hold', 'unclear', 'not-played'] as const satisfies readonly Verdict['kind'][];

/** How many facts have a verdict. */
export const countOf = (facts: readonly Judged[], kind: Verdict['kind']): number =>
  facts.filter(({ verdict }) => verdict.kind === kind).length;

/** The verdicts of all facts in one line: `30 held, 1 did not hold, 0 unclear, 6 not played`. */
export const countsLine = (facts: readonly Judged[]): string =>
  KINDS.map((kind) => `${countOf(facts, kind)} ${kind.replaceAll('-', ' ')}`).join(', ');

/** Throws `NotProven` where a fact did not hold or could not be judged, where the run was stopped, and where keys may be left. */
export function throwUnlessProven({ facts, stopped, cleanedUp: { left } }: Played): void {
  const named = (kind: Verdict['kind']): string =>
    facts
      .filter(({ verdict }) => verdict.kind === kind)
      .map(({ id }) => id)
      .join(', ');
  const wrong = [
    ...(countOf(facts, 'did-not-hold') > 0 ? [`Did not hold: ${named('did-not-hold')}.`] : []),
    ...(countOf(facts, 'unclear') > 0 ? [`Unclear: ${named('unclear')}.`] : []),
    ...(stopped ? ['The run was stopped before its end.'] : []),
    ...(left.length > 0 ? [`These keys may still be there: ${left.join(', ')}.`] : []),
  ];
  if (wrong.length > 0) throw new NotProven(countOf(facts, 'did-not-hold') > 0 ? 3 : 1, wrong.join('\n'));
}

/** The report as a page in Markdown. */
export function reportPage(report: Report): string {
  const { facts, isLocal, cleanedUp } = report;
  return [
    `# What Key Guardian believes of Key Vault, played on ${isLocal ? 'its local Azure' : 'a live vault'}`,
    '',
    ...(isLocal ? ['**The vault was one of the local Azure: this report proves nothing about Azure.**', ''] : []),
    ...table(['', ''], aboutRows(report)),
    '',
    `**${countsLine(facts)}.**${report.stopped ? ' The run was stopped before its end.' : ''}`,
    '',
    ...table(
      ['Verdict', 'Fact', 'Claim', 'Observed'],
      facts.map(({ id, claim, source, verdict }) => [
        verdict.kind === 'held' || verdict.kind === 'not-played'
          ? spellVerdict(verdict)
          : `**${spellVerdict(verdict)}**`,
        `\`${id}\``,
        source === undefined ? claim : `${claim} ([source](${source}))`,
        'observed' in verdict ? verdict.observed : verdict.because,
      ]),
    ),
    '',
    ...mattering(facts),
    '## The keys of this run',
    '',
    ...cleanedUpLines({ ...cleanedUp, left: [] }).map((line) => `- ${line}`),
    ...(cleanedUp.left.length === 0 ? [] : [`- ${cleanedUp.left.length} keys may still be there.`]),
    '',
    '## What this report does not prove',
    '',
    ...NOT_PLAYED_HERE.map((line) => `- ${line}`),
    '',
  ].join('\n');
}

function aboutRows({ release, at, tenant, isLocal, hasGuardian, region, serviceVersion, tookMs }: Report) {
  const whose = hasGuardian
    ? 'an identity that has the guardian’s own roles'
    : 'the same person: this run had no identity of the guardian, so it proves its code and not its roles';
  return [
    ['Release', `${release.version}, ${release.commit === undefined ? 'commit unknown' : `commit ${release.commit}`}`],
    ['Tenant', tenant],
    ['Region', region ?? 'unknown'],
    ['Version of the service', serviceVersion ?? 'unknown'],
    ['Played', `${utc(at)}, in ${Math.round(tookMs / SECOND_MS)} s`],
    ['Attacks', `plain requests under the rights of ${isLocal ? 'an identity of the local Azure' : 'a person'}`],
    [
      'Reads and undo',
      `the guardian’s own code (\`shared/azure/key-vault.ts\`, \`shared/domain/actions/\`) under the rights of ${whose}`,
    ],
  ];
}

/** What rests on the facts that did not hold or could not be judged. */
function mattering(facts: readonly Judged[]): readonly string[] {
  const open = facts.filter(({ verdict: { kind } }) => kind === 'did-not-hold' || kind === 'unclear');
  if (open.length === 0) return [];
  return [
    '## What rests on the facts that did not hold or could not be judged',
    '',
    ...open.map(({ id, matters }) => `- \`${id}\` matters to ${matters}.`),
    '',
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellOf).join(' | ')} |`);

const cellOf = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
