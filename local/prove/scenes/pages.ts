import * as z from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { scene, verdict } from '../fact.ts';
import { contentOf } from '../person.ts';
import { type Arrived, makeVersion, spellWait, until } from '../stage.ts';

/** What was observed of a vault with more keys than a page holds. */
export interface Pages {
  /** Items of the first page, and whether it had a link to the next. */
  readonly first: { readonly items: number; readonly hasNext: boolean };
  readonly all: Arrived<number> | undefined;
}

/** Keys that are quickly made. */
const SMALL = { kty: 'EC', crv: 'P-256', key_size: undefined, key_ops: ['sign', 'verify'] };
/** A page holds 25 keys at most. */
const KEYS = 26;
const WITHIN_MS = MINUTE_MS;
/** A vault makes 20 software-protected keys in ten seconds. @see https://learn.microsoft.com/azure/key-vault/general/service-limits */
const BETWEEN_MS = 0.75 * SECOND_MS;

const page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });

export const pages = scene<Pages>({
  says: `Make ${KEYS} keys, more than a page of the list of keys holds.`,
  leftOut: ({ paging }) => (paging ? undefined : `it makes ${KEYS} keys: ask for it with --paging`),
  facts: [
    {
      id: 'list-of-keys-in-pages',
      claim:
        'A page of the list of keys holds 25 at most, with a link to the next, and the guardian’s list has every key within a minute.',
      matters: 'the sweep of every vault with more than 25 keys',
      source: 'https://learn.microsoft.com/rest/api/keyvault/keys/get-keys/get-keys',
      judge: ({ first, all }) =>
        verdict(
          first.items <= KEYS - 1 && first.hasNext && all !== undefined,
          `${first.items} items and ${first.hasNext ? 'a' : 'no'} link on the first page; all ${KEYS} listed ${spellWait(all, WITHIN_MS)}`,
        ),
    },
  ],
  async play(stage) {
    const made: string[] = [];
    for (let nth = 1; nth <= KEYS; nth += 1) {
      made.push((await makeVersion(stage, `page-${nth}`, SMALL)).key);
      await stage.pause(BETWEEN_MS);
    }
    const all = await until(stage, WITHIN_MS, async () => {
      const answer = await stage.reads.listKeys();
      const listed = new Set(answer.kind === 'ok' ? answer.value.keys.map(({ key }) => key) : []);
      return made.every((key) => listed.has(key)) ? listed.size : undefined;
    });
    const { value, nextLink } = contentOf('the first page', await stage.person('GET', '/keys'), page);
    return { first: { items: value.length, hasNext: nextLink != null }, all };
  },
});
