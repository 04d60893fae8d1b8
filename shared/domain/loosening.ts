import { leastDays } from './period.ts';
import { guardedVaults, type KeyPolicy, keyPolicy, type Policy, policyOf } from './policy.ts';

/** The number of keys that a sentence names at most. */
const NAMED_KEYS = 5;

/** The ways in which a policy can guard a key less well than before, with the words for each. */
const LOOSENED: readonly (readonly [says: string, is: (before: KeyPolicy, after: KeyPolicy) => boolean])[] = [
  ['from block to alert', (before, after) => before.mode === 'block' && after.mode === 'alert'],
  ['with a shorter notify time', (before, after) => after.notifyBeforeExpiryDays < before.notifyBeforeExpiryDays],
  ['without a rotation schedule', (before, after) => before.rotation !== undefined && after.rotation === undefined],
  ['rotated less often', ({ rotation: before }, { rotation: after }) => isRarer(before?.every, after?.every)],
  ['without updates of disk encryption sets', (before, after) => hasUpdates(before) && !hasUpdates(after)],
  ['with more known users', ({ knownUsers: before }, { knownUsers: after }) => hasMoreUsers(before, after)],
];

/** Whether sets on a key are pointed at its new versions. */
const hasUpdates = ({ mode, rotation }: KeyPolicy): boolean => mode === 'block' && rotation?.sets === 'update';

const isRarer = (before: string | undefined, after: string | undefined): boolean =>
  before !== undefined && after !== undefined && leastDays(after) > leastDays(before);

/** Whether the new policy expects more users. A policy without known users expects everybody: no use is then alerted. */
const hasMoreUsers = (before: readonly string[], after: readonly string[]): boolean =>
  before.length > 0 && (after.length === 0 || after.some((oid) => !before.includes(oid)));

/**
 * How a policy guards less well than the one before it, a sentence each; none where it only guards better.
 *
 * @param keys the names of the keys that are known of a vault
 */
export function loosenings(
  before: Policy,
  after: Policy,
  keys: (vault: string) => readonly string[],
): readonly string[] {
  const kept = new Set(guardedVaults(after));
  const channels = before.channels.filter((channel) => !after.channels.includes(channel));
  const subscriptions = before.subscriptions.filter((id) => !after.subscriptions.includes(id));
  return [
    ...guardedVaults(before).flatMap((vault) =>
      kept.has(vault) ? ofVault(vault, before, after, keys(vault)) : [`vault ${vault} is left out`],
    ),
    ...subscriptions.map((id) => `vaults that are found in subscription ${id} later are not guarded`),
    ...channels.map((channel) => `no alert goes to ${channel} any more`),
    ...before.channels
      .filter((channel) => after.channels.includes(channel) && isRoutedAnew(channel, before, after))
      .map((channel) => `other alerts go to ${channel} than before`),
  ];
}

/** Whether a channel has other routes than before. Without a route it gets every alert. */
function isRoutedAnew(channel: string, before: Policy, after: Policy): boolean {
  const [was, is] = [before, after].map(({ routes = [] }) => routes.filter((one) => one.channel === channel));
  return is !== undefined && is.length > 0 && JSON.stringify(is) !== JSON.stringify(was);
}

function ofVault(vault: string, before: Policy, after: Policy, keys: readonly string[]): readonly string[] {
  // The empty name, which only `*` fits, stands for keys that are made later.
  const names = [...keys, ''].map((key) => ({
    name: key === '' ? 'keys made later' : key,
    was: keyPolicy(before, vault, key),
    is: keyPolicy(after, vault, key),
  }));
  const guarded = names.filter(({ was }) => was.guarded);
  const left = guarded.filter(({ is }) => !is.guarded);
  const sentence = (found: readonly { readonly name: string }[], says: string): readonly string[] =>
    found.length === 0 ? [] : [`in ${vault}, ${listed(found.map(({ name }) => name))} ${says}`];
  return [
    ...(hasMoreApprovers(before, after, vault) ? [`in ${vault}, more people may approve`] : []),
    ...sentence(left, 'left out'),
    ...LOOSENED.flatMap(([says, isLoosened]) =>
      sentence(
        guarded.filter(({ was, is }) => is.guarded && isLoosened(was, is)),
        says,
      ),
    ),
  ];
}

const hasMoreApprovers = (before: Policy, after: Policy, vault: string): boolean => {
  const was = policyOf(before, vault)?.approvers ?? [];
  return policyOf(after, vault)?.approvers.some((oid) => !was.includes(oid)) === true;
};

const listed = (names: readonly string[]): string =>
  names.length <= NAMED_KEYS
    ? names.join(', ')
    : `${names.slice(0, NAMED_KEYS).join(', ')} and ${names.length - NAMED_KEYS} more`;
