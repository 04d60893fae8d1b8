import type { SeedKey, SeedVault } from '../azure/types.ts';
import { nameOf, pageSizeOf, recordedKeys, recordedPolicy, segmentsOf, showsKeys } from './recorded-keys.ts';
import type { Exchange } from './recordings.ts';
import { before, deletedBehind, exchangedAt, seedKeys, stagingOf } from './seed.ts';

/**
 * The vault of a sequence as it was before the first call. A key is there from the start where the first answer about it
 * shows or uses it; where that answer makes it or does not find it, it is not. A rotation policy that is older than the
 * sequence was there before it.
 */
export function vaultBefore(sequence: readonly Exchange[], all: readonly Exchange[]): SeedVault {
  const [first] = sequence;
  if (first === undefined) throw new Error('A sequence has at least one call.');
  const lists = sequence.filter(({ url }) => isKeyList(url));
  const shown = sequence.find(showsKeys) ?? first;
  const at = exchangedAt(first, undefined);
  const byName = Map.groupBy(sequence, ({ url }) => nameOf(url) ?? '');
  byName.delete('');
  const keys = [...byName].flatMap(([name, calls]): readonly SeedKey[] => {
    const [begins] = calls;
    if (begins === undefined || MAKES.test(begins.url.pathname) || begins.answer.status === 404) return [];
    const shows = calls.find(showsKeys);
    return shows === undefined ? [{ name }] : (stagingOf(shows, all).vault.keys ?? []);
  });
  const policies = sequence.flatMap((exchange) => Object.entries(recordedPolicy(exchange)));
  return {
    ...stagingOf(shown, all).vault,
    keys: [
      ...keys,
      ...lists.flatMap((page) => seedKeys(recordedKeys(page).keys, false, page, at)),
      ...deletedBetween(lists, at),
    ],
    rotationPolicies: Object.fromEntries(policies.filter(([, { created }]) => created < at.getTime() / 1000)),
  };
}

const MAKES = /\/create\/?$/;
const isKeyList = ({ pathname }: URL): boolean => /^\/keys\/?$/.test(pathname);

/** The deleted keys that made pages of keys short: as many as there was room for, and one behind a page that was empty and the last. */
function deletedBetween(pages: readonly Exchange[], at: Date): readonly SeedKey[] {
  let last = '';
  return pages.flatMap((page) => {
    const { keys, isPage } = recordedKeys(page);
    const end = keys.at(-1);
    if (end !== undefined) last = segmentsOf(end)[1] ?? '';
    if (isPage) return deletedBehind(last, pageSizeOf(page.url) - keys.length, at);
    return keys.length === 0 && last !== '' ? [{ name: `${last}-last`, deletedDate: before(at) }] : [];
  });
}
