import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import { acceptBaseline } from '../../shared/register/accept-baseline.ts';
import { type Proposed, proposeBaseline } from '../../shared/register/baseline.ts';
import { readBaseline } from '../../shared/register/vaults.ts';
import type { Context } from './context.ts';

/** What a baseline of the vault would take, the suspicious first. */
export async function showBaseline(vault: string, { ports }: Context): Promise<string> {
  const [state, proposed] = await Promise.all([
    readBaseline(ports.tables.vaults, vault),
    proposeBaseline(vault, ports),
  ]);
  const standing =
    state?.state === 'accepted'
      ? `accepted on ${utc(state.at)} by ${state.by.name ?? state.by.oid}`
      : 'not accepted: nothing is written to this vault';
  return [`Baseline of ${vault}: ${standing}.`, ...proposed.map(line), suspiciousHelp(vault, proposed)]
    .filter((text) => text !== '')
    .join('\n');
}

function line({ key, version, read, current, suspicious, changedAt }: Proposed): string {
  const name = version === undefined ? key : `${key}/${version}`;
  const dates = [
    read?.notBefore === undefined ? '' : `not before ${utc(read.notBefore)}`,
    read?.expiresOn === undefined ? '' : `expires ${utc(read.expiresOn)}`,
  ];
  const state = [
    read === undefined ? '' : read.enabled ? 'enabled' : 'disabled',
    current ? 'current' : '',
    ...dates,
    changedAt === undefined ? '' : `changed ${utc(changedAt)}`,
    read?.detail.operations.join(' ') ?? '',
  ].filter((part) => part !== '');
  return `${suspicious === undefined ? '  ' : '! '}${name}  ${state.join(', ')}${suspicious === undefined ? '' : `  SUSPICIOUS: ${suspicious}`}`;
}

function suspiciousHelp(vault: string, proposed: readonly Proposed[]): string {
  if (proposed.every(({ suspicious }) => suspicious === undefined)) return '';
  return `Say of each suspicious version whether something needs it:\n  key-guardian baseline accept ${vault} --needed key/version --retired key/version\nNeeded is approved as usable, retired as it is. What you do not name stays as it was approved, or is known and not approved.`;
}

/** Makes what is there now the approved state. */
export async function acceptShown(
  vault: string,
  words: { readonly needed: readonly string[]; readonly retired: readonly string[] },
  { ports, who }: Context,
): Promise<string> {
  const proposed = await proposeBaseline(vault, ports);
  const names = new Set(proposed.map(({ key, version }) => `${key}/${version ?? ''}`));
  const strangers = [...words.needed, ...words.retired].filter((name) => !names.has(name));
  if (strangers.length > 0)
    throw new NotAllowed(`There is no ${strangers.join(', ')} in ${vault}: nothing was accepted.`);
  const both = words.needed.filter((name) => words.retired.includes(name));
  if (both.length > 0)
    throw new NotAllowed(`${both.join(', ')} cannot be both needed and retired: nothing was accepted.`);
  await acceptBaseline(vault, proposed, words, who, ports);
  const unnamed = proposed.filter(
    ({ key, version, suspicious }) =>
      suspicious !== undefined && ![...words.needed, ...words.retired].includes(`${key}/${version ?? ''}`),
  );
  const kept = unnamed.filter(({ approved }) => approved !== undefined).length;
  const known = unnamed.length - kept;
  const counts = [
    `${proposed.length - unnamed.length} versions are approved`,
    ...(kept === 0 ? [] : [`${kept} stay as they were approved`]),
    ...(known === 0 ? [] : [`${known} are known and not approved`]),
  ];
  return `The baseline of ${vault} is accepted: ${counts.join(', ')}.`;
}
