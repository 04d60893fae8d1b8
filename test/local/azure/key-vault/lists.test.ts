import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { later, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const pageSchema = z.object({
  value: z.array(z.looseObject({ kid: z.string() })),
  nextLink: z.string().nullable(),
});

/** Follows links as they are, as a client must. */
async function pagesOf(send: ReturnType<typeof sender>, first: string) {
  const pages: z.infer<typeof pageSchema>[] = [];
  for (let link: string | null = first; link !== null; ) {
    const page = pageSchema.parse((await send('GET', link)).json);
    pages.push(page);
    link = page.nextLink;
    if (pages.length > 200) throw new Error('The list does not end.');
  }
  return pages;
}

const keys = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `Key-${index}` }));
const names = (pages: z.infer<typeof pageSchema>[]) =>
  pages.flatMap(({ value }) => value.map(({ kid }) => kid.split('/')[4]));

describe('a list of keys', () => {
  it.each([
    [0, [0]],
    [25, [25]],
    [26, [25, 1]],
    [60, [25, 25, 10]],
  ])('of %i keys comes in pages of %s', async (count, sizes) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: keys(count) }] });
    const pages = await pagesOf(sender(azure), '/keys');
    expect(pages.map(({ value }) => value.length)).toEqual(sizes);
    expect(new Set(names(pages)).size).toBe(count);
  });

  it('is ordered by name without case and links the next page with :443, its token and maxresults', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'b' }, { name: 'A' }, { name: 'c' }] }] });
    const pages = await pagesOf(sender(azure), '/keys?maxresults=2&api-version=7.4');
    expect(names(pages)).toEqual(['A', 'b', 'c']);
    expect(pages[0]?.nextLink).toMatch(
      /^https:\/\/kv-one\.vault\.azure\.net:443\/keys\?api-version=7\.4&\$skiptoken=[A-Za-z0-9_-]+&maxresults=2$/,
    );
  });

  it('links the port by which the request came, and leaves maxresults out where the request had none', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: keys(26) }] });
    const { json } = await sender(azure)('GET', 'https://kv-one.vault.azure.net:8443/keys?api-version=7.5');
    expect(pageSchema.parse(json).nextLink).toMatch(
      /^https:\/\/kv-one\.vault\.azure\.net:8443\/keys\?api-version=7\.5&\$skiptoken=[A-Za-z0-9_-]+$/,
    );
  });

  it('goes on from where it was when keys come and go between pages', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'a' }, { name: 'b' }, { name: 'd' }] }] });
    const send = sender(azure);
    const first = pageSchema.parse((await send('GET', '/keys?maxresults=2')).json);
    azure.addKey('kv-one', { name: 'c' });
    await send('DELETE', '/keys/b');
    expect(names(await pagesOf(send, first.nextLink ?? ''))).toEqual(['c', 'd']);
  });

  it.each(['0', '26', '-1', 'two', '2.5', ''])('refuses maxresults=%s', async (maxresults) => {
    expect((await sender(localAzure())('GET', `/keys?maxresults=${maxresults}`)).status).toBe(400);
  });

  it.each(['word', Buffer.from('{}').toString('base64url')])(
    'refuses the token %s that it never gave',
    async (token) => {
      expect((await sender(localAzure())('GET', `/keys?$skiptoken=${token}`)).status).toBe(400);
    },
  );
});

describe('a page of keys', () => {
  it('is short where deleted keys lie between, and may be empty: the link goes on', async () => {
    const azure = localAzure({
      vaults: [
        {
          name: 'kv-one',
          keys: keys(60).map((key, index) => (index < 50 ? { ...key, deletedDate: startSeconds } : key)),
        },
      ],
    });
    const pages = await pagesOf(sender(azure), '/keys?maxresults=20');
    expect(pages.map(({ value }) => value.length)).toEqual([0, 0, 10]);
    expect(pages.map(({ nextLink }) => nextLink === null)).toEqual([false, false, true]);
  });

  it('has no room taken by what was purged', async () => {
    const vault = { name: 'kv-one', purgeProtection: false, keys: keys(3) };
    const azure = localAzure({ vaults: [vault], behaviours: { settleMs: 0 } });
    const send = sender(azure);
    await send('DELETE', '/keys/Key-0');
    await send('DELETE', '/deletedkeys/Key-0');
    expect(names(await pagesOf(send, '/keys?maxresults=2'))).toEqual(['Key-1', 'Key-2']);
    expect(await pagesOf(send, '/keys?maxresults=2')).toHaveLength(1);
  });
});

describe('empty pages', () => {
  it.each([1, 0.5])('come with a link at a share of %d, and nothing is lost by them', async (emptyPages) => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: keys(60) }], behaviours: { emptyPages } });
    const pages = await pagesOf(sender(azure), '/keys');
    const empty = pages.filter(({ value }) => value.length === 0);
    expect(empty.length).toBeGreaterThan(0);
    expect(empty.every(({ nextLink }) => nextLink !== null)).toBe(true);
    expect(new Set(names(pages)).size).toBe(60);
  });

  it('come before an empty list too', async () => {
    const pages = await pagesOf(sender(localAzure({ behaviours: { emptyPages: 1 } })), '/deletedkeys');
    expect(pages.map(({ value, nextLink }) => [value.length, nextLink === null])).toEqual([
      [0, false],
      [0, true],
    ]);
  });
});

describe('a list of versions', () => {
  it('comes in the order of random ids, disabled ones too, and says nothing of types or operations', async () => {
    const versions = Array.from({ length: 30 }, (_, index) => ({
      created: 1_700_000_000 + index,
      enabled: index % 2 === 0,
    }));
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions }] }] });
    const pages = await pagesOf(sender(azure), '/keys/disk/versions');
    const items = pages.flatMap(({ value }) => value);
    const ids = items.map(({ kid }) => kid.split('/')[5] ?? '');
    expect(pages.map(({ value }) => value.length)).toEqual([25, 5]);
    expect(pages[0]?.nextLink).toContain('/keys/disk/versions?');
    expect(ids).toEqual([...ids].sort());
    const created = items.map(({ attributes }) => z.object({ created: z.number() }).parse(attributes).created);
    expect(created).not.toEqual([...created].sort((a, b) => a - b));
    expect(Object.keys(items[0] ?? {})).toEqual(['kid', 'attributes']);
  });

  it('of a key that is unknown, deleted or being recovered is empty', async () => {
    const send = sender(localAzure());
    const empty = { status: 200, json: { value: [], nextLink: null } };
    expect(await send('GET', '/keys/none/versions')).toMatchObject(empty);
    await send('DELETE', '/keys/disk');
    expect(await send('GET', '/keys/disk/versions')).toMatchObject(empty);
    later(2000);
    expect(await send('GET', '/keys/disk/versions')).toMatchObject(empty);
    await send('POST', '/deletedkeys/disk/recover');
    expect(await send('GET', '/keys/disk/versions')).toMatchObject(empty);
    later(2000);
    expect(await send('GET', '/keys/disk/versions')).toMatchObject({ json: { value: [{}] } });
  });

  it('of a key that is not there can be 404, as that of a Managed HSM was', async () => {
    const send = sender(localAzure({ behaviours: { missingKeyVersions: 404 } }));
    expect((await send('GET', '/keys/none/versions')).status).toBe(404);
    expect((await send('GET', '/keys/disk/versions')).status).toBe(200);
  });
});

describe('a list of deleted keys', () => {
  it('has a key once its deletion has settled, which the list of keys has not', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk' }, { name: 'other' }] }] });
    const send = sender(azure);
    await send('DELETE', '/keys/disk');
    expect(names(await pagesOf(send, '/keys'))).toEqual(['other']);
    expect(names(await pagesOf(send, '/deletedkeys'))).toEqual([]);
    later(2000);
    const [page] = await pagesOf(send, '/deletedkeys');
    expect(names(await pagesOf(send, '/keys'))).toEqual(['other']);
    expect(page?.value).toEqual([
      expect.objectContaining({
        recoveryId: 'https://kv-one.vault.azure.net/deletedkeys/disk',
        kid: 'https://kv-one.vault.azure.net/keys/disk',
      }),
    ]);
  });
});
