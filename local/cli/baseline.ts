import { acceptBaseline, type BaselineWords } from '../../shared/approvals/accept-baseline.ts';
import { nameOf, type Proposed, unusable } from '../../shared/approvals/proposal.ts';
import { proposeBaseline } from '../../shared/approvals/propose-baseline.ts';
import { guardedVaults } from '../../shared/domain/policy.ts';
import type { BaselineState } from '../../shared/domain/register.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { readBaseline } from '../../shared/register/vaults.ts';
import type { Context } from './context.ts';

/** The state of a vault's baseline, and every version that accepting it would approve, suspicious ones first. */
export async function showBaseline(vault: string, context: Context): Promise<string> {
  const { ports } = context;
  const [state, proposed] = await Promise.all([readBaseline(ports.tables, vault), proposeBaseline(vault, ports)]);
  const standing =
    state?.state === 'accepted'
      ? acceptedWords(state)
      : 'not accepted: keys in alert are guarded except for suspicious versions, and nothing is written to this vault';
  return [`Baseline of ${vault}: ${standing}.`, ...proposed.map(line), suspiciousHelp(vault, proposed, context)]
    .filter((text) => text !== '')
    .join('\n');
}

const acceptedWords = ({ at, by }: Extract<BaselineState, { state: 'accepted' }>): string =>
  `accepted on ${utc(at)} by ${by.name ?? by.oid}`;

function line({ key, shown, current, suspicious, changedAt }: Proposed): string {
  const name = shown === undefined ? key : `${key}/${shown.version}`;
  const dates = [
    shown?.notBefore === undefined ? '' : `not before ${utc(shown.notBefore)}`,
    shown?.expiresOn === undefined ? '' : `expires ${utc(shown.expiresOn)}`,
  ];
  const state = [
    shown === undefined ? '' : shown.enabled ? 'enabled' : 'disabled',
    current ? 'current' : '',
    ...dates,
    changedAt === undefined ? '' : `changed ${utc(changedAt)}`,
    shown?.detail?.operations.join(' ') ?? '',
  ].filter((part) => part !== '');
  return `${suspicious === undefined ? '  ' : '! '}${name}  ${state.join(', ')}${suspicious === undefined ? '' : `  SUSPICIOUS: ${suspicious}`}`;
}

function suspiciousHelp(vault: string, proposed: readonly Proposed[], { ports, commandLine }: Context): string {
  const suspicious = proposed.filter((one) => one.shown !== undefined && one.suspicious !== undefined);
  if (suspicious.length === 0) return '';
  const words = suspicious.map((one) => {
    const word = unusable(one, ports.now()) === undefined ? '--as-shown' : '--needed';
    return `${word} ${nameOf(one)}`;
  });
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
  { ports, who, commandLine }: Context,
): Promise<string> {
  const proposed = await proposeBaseline(vault, ports);
  const versions = proposed.filter(({ shown }) => shown !== undefined);
  const named = [...new Set(words.needed), ...new Set(words.retired), ...new Set(words.asShown)];
  const strangers = named.filter((name) => !versions.some((one) => nameOf(one) === name));
  if (strangers.length > 0)
    throw new NotAllowed(`There is no ${strangers.join(', ')} in ${vault}: nothing was accepted.`);
  const twice = named.filter((name, at) => named.indexOf(name) !== at);
  if (twice.length > 0)
    throw new NotAllowed(`${twice.join(', ')} can only be one of needed, as shown and retired: nothing was accepted.`);
  const before = await readBaseline(ports.tables, vault);
  const isSettled = proposed.every(({ suspicious, approved }) => suspicious === undefined && approved !== undefined);
  if (before?.state === 'accepted' && named.length === 0 && isSettled)
    throw new NotAllowed(
      `The baseline of ${vault} was ${acceptedWords(before)}, and everything is as it was approved: there is nothing to accept.`,
    );
  await acceptBaseline(vault, proposed, words, who, ports);
  const unnamed = versions.filter((one) => one.suspicious !== undefined && !named.includes(nameOf(one)));
  const kept = unnamed.filter(({ approved }) => approved !== undefined).length;
  const counts = [
    counted(versions.length - unnamed.length, 'version is approved', 'versions are approved'),
    counted(kept, 'stays as it was approved', 'stay as they were approved'),
    counted(unnamed.length - kept, 'is known and not approved', 'are known and not approved'),
    counted(proposed.length - versions.length, 'deleted key is left as it was', 'deleted keys are left as they were'),
  ].filter((count, at) => at === 0 || !count.startsWith('0 '));
  const isToRestore = versions.some(
    (one) => words.needed.includes(nameOf(one)) && unusable(one, ports.now()) !== undefined,
  );
  return [
    `The baseline of ${vault} is accepted: ${counts.join(', ')}.`,
    ...(isToRestore
      ? [
          'After the next sweep of the vault, restore the needed versions that are not usable with:',
          `  ${commandLine('restore', vault)}`,
        ]
      : []),
  ].join('\n');
}

/** Accepts the baseline of every vault that has none accepted. Single versions cannot be named then. */
export async function acceptAll(words: Required<BaselineWords>, context: Context): Promise<string> {
  const { ports } = context;
  if (words.needed.length + words.retired.length + words.asShown.length > 0)
    throw new NotAllowed('With --all no single version can be named: accept the baseline of its vault alone.');
  const said: string[] = [];
  for (const vault of guardedVaults(ports.policy)) {
    const state = await readBaseline(ports.tables, vault);
    if (state?.state !== 'accepted') said.push(await acceptShown(vault, words, context));
  }
  return said.length === 0 ? 'The baseline of every vault is accepted already.' : said.join('\n');
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
