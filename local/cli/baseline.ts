import { z } from 'zod';
import type { BaselineWords } from '../../shared/approvals/accept-baseline.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { inTurns } from '../../shared/in-turns.ts';
import {
  type AcceptedReport,
  acceptedReport,
  type BaselineReport,
  baselineReport,
} from '../../shared/people/reports.ts';
import type { Context } from './context.ts';

/** The state of a vault's baseline, and every version that accepting it would approve, suspicious ones first. */
export async function showBaseline(vault: string, context: Context): Promise<string> {
  const { accepted, versions } = await context.api.get(`baseline/${vault}`, baselineReport);
  const standing =
    accepted === undefined
      ? 'not accepted: keys in alert are guarded except for suspicious versions, and nothing is written to this vault'
      : `accepted on ${utc(accepted.at)} by ${accepted.by.name ?? accepted.by.oid}`;
  return [`Baseline of ${vault}: ${standing}.`, ...versions.map(line), suspiciousHelp(vault, versions, context)]
    .filter((text) => text !== '')
    .join('\n');
}

type Version = BaselineReport['versions'][number];

function line({ name, enabled, current, notBefore, expiresOn, changedAt, operations, suspicious }: Version): string {
  const state = [
    enabled === undefined ? '' : enabled ? 'enabled' : 'disabled',
    current ? 'current' : '',
    notBefore === undefined ? '' : `not before ${utc(notBefore)}`,
    expiresOn === undefined ? '' : `expires ${utc(expiresOn)}`,
    changedAt === undefined ? '' : `changed ${utc(changedAt)}`,
    operations?.join(' ') ?? '',
  ].filter((part) => part !== '');
  return `${suspicious === undefined ? '  ' : '! '}${name}  ${state.join(', ')}${suspicious === undefined ? '' : `  SUSPICIOUS: ${suspicious}`}`;
}

function suspiciousHelp(vault: string, versions: readonly Version[], { commandLine }: Context): string {
  const suspicious = versions.filter((one) => !one.isDeleted && one.suspicious !== undefined);
  if (suspicious.length === 0) return '';
  const words = suspicious.map(({ name, isUsable }) => `${isUsable ? '--as-shown' : '--needed'} ${name}`);
  return `Decide for each suspicious version whether it is in use. If all of them are in use:
  ${commandLine('baseline accept', vault, ...words)}
--needed    it is in use: it is approved as usable; if it is not usable now, restore it afterwards
--as-shown  it is in use and right as it is now: it is approved as it is
--retired   it is no longer in use: it is approved as it is
A suspicious version that you do not name stays as it was approved, or stays unapproved.`;
}

/** Accepts the baseline of a vault: its present state becomes the approved one. */
export async function acceptShown(
  vault: string,
  words: Required<BaselineWords>,
  { api, commandLine }: Context,
): Promise<string> {
  const report = await api.post(`baseline/${vault}/accept`, words, acceptedReport);
  return [
    `The baseline of ${vault} is accepted: ${spelled(report)}.`,
    ...(report.isToRestore
      ? [
          'After the next sweep of the vault, restore the needed versions that are not usable with:',
          `  ${commandLine('restore', vault)}`,
        ]
      : []),
  ].join('\n');
}

type Counts = Pick<AcceptedReport, 'approved' | 'kept' | 'unapproved' | 'deletedKeys'>;

const spelled = ({ approved, kept, unapproved, deletedKeys }: Counts): string =>
  [
    counted(approved, 'version is approved', 'versions are approved'),
    counted(kept, 'stays as it was approved', 'stay as they were approved'),
    counted(unapproved, 'is known and not approved', 'are known and not approved'),
    counted(deletedKeys, 'deleted key is left as it was', 'deleted keys are left as they were'),
  ]
    .filter((count, at) => at === 0 || !count.startsWith('0 '))
    .join(', ');

const waiting = z.object({ waiting: z.array(z.string()) });

/** So many that hundreds of vaults are accepted while the person's token is young enough to approve. */
const VAULTS_AT_ONCE = 8;
const SAID_EACH_VAULTS = 25;
/** Vaults that are named at most: the command can be run again for the others. */
const MOST_NAMED = 20;

/**
 * Accepts the baseline of every vault that has none accepted, and says how far it is. Single versions cannot be named then.
 * All vaults are tried; throws `NotAllowed` with the reasons where some could not be accepted. Run again, it accepts those.
 */
export async function acceptAll(
  words: Required<BaselineWords>,
  { api, commandLine }: Context,
  say: (line: string) => void,
): Promise<string> {
  if (words.needed.length + words.retired.length + words.asShown.length > 0)
    throw new NotAllowed('With --all no single version can be named: accept the baseline of its vault alone.');
  const vaults = (await api.get('baselines', waiting)).waiting;
  if (vaults.length === 0) return 'The baseline of every vault is accepted already.';
  const accepted: AcceptedReport[] = [];
  const refused: string[] = [];
  await inTurns(VAULTS_AT_ONCE, vaults, async (vault) => {
    try {
      accepted.push(await api.post(`baseline/${vault}/accept`, words, acceptedReport));
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error;
      refused.push(`${vault}: ${error.message}`);
    }
    const done = accepted.length + refused.length;
    if (done % SAID_EACH_VAULTS === 0 && done < vaults.length) say(`${done} of ${vaults.length} vaults`);
  });
  const undecided = accepted.filter(({ kept, unapproved }) => kept + unapproved > 0).map(({ vault }) => vault);
  const said = [
    `Accepted the baseline of ${counted(accepted.length, 'vault', 'vaults')}: ${spelled(summed(accepted))}.`,
    ...(undecided.length === 0
      ? []
      : [
          'Look at the suspicious versions, which were not approved, with:',
          ...named(undecided.map((vault) => commandLine('baseline show', vault))),
        ]),
  ];
  if (refused.length === 0) return said.join('\n');
  const again = `${counted(refused.length, 'vault', 'vaults')} could not be accepted. Run the command again once this is mended:`;
  throw new NotAllowed([...said, again, ...named(refused)].join('\n'));
}

const summed = (reports: readonly Counts[]): Counts => {
  const sum = (of: keyof Counts): number => reports.reduce((total, report) => total + report[of], 0);
  return {
    approved: sum('approved'),
    kept: sum('kept'),
    unapproved: sum('unapproved'),
    deletedKeys: sum('deletedKeys'),
  };
};

function named(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_NAMED;
  return [...lines.toSorted().slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].map(
    (line) => `  ${line}`,
  );
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
