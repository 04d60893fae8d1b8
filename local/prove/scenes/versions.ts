import * as z from 'zod';
import { type ListedVersion, newestOf } from '../../../shared/domain/key.ts';
import type { ListedKey } from '../../../shared/domain/vault.ts';
import { scene, unclear, verdict } from '../fact.ts';
import { contentOf } from '../person.ts';
import {
  attack,
  type Bundle,
  bundleIn,
  makeVersion,
  NEXT_SECOND_MS,
  readRaw,
  type Stage,
  spellAnswer,
  undo,
} from '../stage.ts';

/** What was observed of a key with three versions, whose first was disabled and enabled again. */
export interface Versions {
  /** The version before the rotation, read after it. */
  readonly before: Bundle;
  /** What the rotation made, and which version the vault called current then. */
  readonly rotated: Bundle;
  readonly currentAfterRotation: string;
  /** As the guardian lists them, in the vault's order, and which the vault called current then. */
  readonly listed: readonly ListedVersion[];
  readonly current: string;
  /** The key in the list of keys before and after its first version was disabled. */
  readonly itemBefore: ListedKey | undefined;
  readonly itemAfter: ListedKey | undefined;
  readonly firstAfter: ListedVersion | undefined;
  readonly undone: Parameters<typeof spellAnswer>[0];
  readonly firstRestored: ListedVersion | undefined;
  /** Items on each page where a page was asked to hold one. */
  readonly pages: readonly number[];
}

const page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });
/** So many pages at most are read. */
const MOST_PAGES = 20;

/** The number of items on each page of a list, from its first page on. */
async function pagesOf(stage: Stage, first: string): Promise<readonly number[]> {
  const counts: number[] = [];
  let link: string | undefined = first;
  while (link !== undefined && counts.length < MOST_PAGES) {
    const { value, nextLink }: z.infer<typeof page> = contentOf('a page', await stage.person('GET', link), page);
    counts.push(value.length);
    link = nextLink ?? undefined;
  }
  return counts;
}

const MADE = 3;
const sum = (counts: readonly number[]): number => counts.reduce((one, other) => one + other, 0);

export const versions = scene<Versions>({
  says: 'Rotate a key, make a further version, disable the first, and have the guardian enable it again.',
  facts: [
    {
      id: 'rotation-makes-a-version',
      claim: 'Rotating a key makes a version that is current at once, and the version before it stays enabled.',
      matters: 'approving a new version while disks still need the one before it',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key/rotate-key',
      judge: ({ before, rotated, currentAfterRotation }) =>
        verdict(
          rotated.version !== before.version && rotated.version === currentAfterRotation && before.enabled,
          `${rotated.version === before.version ? 'no' : 'a'} new version, ${rotated.version === currentAfterRotation ? '' : 'not '}current; the one before is ${before.enabled ? 'enabled' : 'disabled'}`,
        ),
    },
    {
      id: 'newest-version-is-current',
      claim: 'The version with the latest `created` is the one that the vault calls current, wherever the list has it.',
      matters: 'knowing the current version where it cannot be read',
      judge({ listed, current }) {
        const place = listed.findIndex(({ version }) => version === current) + 1;
        return verdict(newestOf(listed)?.version === current, `the current one is number ${place} of ${listed.length}`);
      },
    },
    {
      id: 'older-version-not-in-list-of-keys',
      claim: 'Disabling an older version changes nothing in the list of keys; the list of versions shows it.',
      matters: 'listing the versions of every key, hourly or each minute, beside the sweep',
      judge({ itemBefore, itemAfter, firstAfter }) {
        if (itemBefore === undefined || itemAfter === undefined) return unclear('the key was not in the list');
        const isSame = JSON.stringify(itemBefore) === JSON.stringify(itemAfter);
        return verdict(
          isSame && firstAfter?.enabled === false,
          `list of keys: ${isSame ? 'as before' : 'changed'}; list of versions: ${firstAfter?.enabled === false ? 'disabled' : 'not disabled'}`,
        );
      },
    },
    {
      id: 'older-version-restored',
      claim: 'The guardian’s update enables a version that is not current.',
      matters: 'undoing an attack on a version that older disks and snapshots need',
      judge: ({ undone, firstRestored }) =>
        verdict(
          undone.kind === 'ok' && firstRestored?.enabled === true,
          `update: ${spellAnswer(undone)}; the version is ${firstRestored?.enabled === true ? 'enabled' : 'disabled'}`,
        ),
    },
    {
      id: 'pages-are-linked',
      claim: 'A list that does not fit one page has a link to the next, until everything was listed.',
      matters: 'every list that the guardian reads',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/get-key-versions/get-key-versions',
      judge: ({ pages }) =>
        verdict(pages.length > 1 && sum(pages) === MADE, `${sum(pages)} items on ${pages.length} pages of one at most`),
    },
  ],
  async play(stage) {
    const { reads, vault } = stage;
    const first = await makeVersion(stage, 'versions');
    const { key } = first;
    const current = async (): Promise<string> =>
      bundleIn('reading the current version', await stage.person('GET', `/keys/${key}`)).version;
    const listed = async (): Promise<readonly ListedVersion[]> => {
      const answer = await reads.listVersions(key);
      return answer.kind === 'ok' ? answer.value : [];
    };
    const item = async (): Promise<ListedKey | undefined> => {
      const answer = await reads.listKeys();
      return answer.kind === 'ok' ? answer.value.keys.find((one) => one.key === key) : undefined;
    };

    await stage.pause(NEXT_SECOND_MS);
    const rotated = bundleIn('rotating', await stage.person('POST', `/keys/${key}/rotate`));
    const currentAfterRotation = await current();
    const before = bundleIn('reading the version before', await readRaw(stage, first));
    await stage.pause(NEXT_SECOND_MS);
    await makeVersion(stage, 'versions');
    const all = { listed: await listed(), current: await current() };

    const itemBefore = await item();
    await stage.pause(NEXT_SECOND_MS);
    bundleIn('disabling an older version', await attack(stage, first, { attributes: { enabled: false } }));
    const itemAfter = await item();
    const firstAfter = (await listed()).find(({ version }) => version === first.version);
    const change = { enabled: true };
    const undone = await undo(stage, { kind: 'restore-version', vault, key, version: first.version, change });
    const firstRestored = (await listed()).find(({ version }) => version === first.version);
    const pages = await pagesOf(stage, `/keys/${key}/versions?maxresults=1`);
    return {
      ...{ before, rotated, currentAfterRotation, ...all, itemBefore, itemAfter, firstAfter, undone },
      ...{ firstRestored, pages },
    };
  },
});
