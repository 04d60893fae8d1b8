import { z } from 'zod';
import type { BaselineWords } from '../../shared/approvals/accept-baseline.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { acceptedReport, type BaselineReport, baselineReport } from '../../shared/people/reports.ts';
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
  const counts = [
    counted(report.approved, 'version is approved', 'versions are approved'),
    counted(report.kept, 'stays as it was approved', 'stay as they were approved'),
    counted(report.unapproved, 'is known and not approved', 'are known and not approved'),
    counted(report.deletedKeys, 'deleted key is left as it was', 'deleted keys are left as they were'),
  ].filter((count, at) => at === 0 || !count.startsWith('0 '));
  return [
    `The baseline of ${vault} is accepted: ${counts.join(', ')}.`,
    ...(report.isToRestore
      ? [
          'After the next sweep of the vault, restore the needed versions that are not usable with:',
          `  ${commandLine('restore', vault)}`,
        ]
      : []),
  ].join('\n');
}

const waiting = z.object({ waiting: z.array(z.string()) });

/** Accepts the baseline of every vault that has none accepted. Single versions cannot be named then. */
export async function acceptAll(words: Required<BaselineWords>, context: Context): Promise<string> {
  if (words.needed.length + words.retired.length + words.asShown.length > 0)
    throw new NotAllowed('With --all no single version can be named: accept the baseline of its vault alone.');
  const said: string[] = [];
  for (const vault of (await context.api.get('baselines', waiting)).waiting)
    said.push(await acceptShown(vault, words, context));
  return said.length === 0 ? 'The baseline of every vault is accepted already.' : said.join('\n');
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
