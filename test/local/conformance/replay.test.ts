import { expect, test } from 'vitest';
import { replayAll } from '../../../local/conformance/replay.ts';
import { exchangesOf, type Recorded } from './recorded.ts';

const vault = 'https://one.vault.azure.net';
const version = '0123456789abcdef0123456789abcdef';
const created = Date.parse('2025-02-22T00:00:00Z') / 1_000;
const now = Date.parse('2025-02-22T00:42:03Z') / 1_000;

/** An enabled key at 7.4 as the service answers it, per its reference: https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key */
const bundle = {
  key: { kid: `${vault}/keys/disk/${version}`, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n: 'AQAB', e: 'AQAB' },
  attributes: {
    enabled: true,
    created,
    updated: now,
    recoveryLevel: 'Recoverable',
    recoverableDays: 90,
    exportable: false,
  },
};
const headers = {
  date: 'Sat, 22 Feb 2025 00:42:03 GMT',
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-cache',
};
const read: Recorded = { url: `${vault}/keys/disk/?api-version=7.4`, headers, body: bundle };

const differencesOf = async (...recorded: readonly Recorded[]): Promise<readonly (readonly string[])[]> =>
  (await replayAll(exchangesOf(...recorded))).map((replay) =>
    replay.kind === 'compared' ? replay.differences : [replay.because],
  );

test('a key that is read agrees with its recording member by member, its times among them', async () => {
  expect(await differencesOf(read)).toEqual([[]]);
});

test('a PATCH agrees to the second, for the local Azure stands at the recorded moment', async () => {
  const what = 'The client asked for attributes.enabled true and nothing else.';
  expect(await differencesOf({ ...read, what, method: 'PATCH' })).toEqual([[]]);
});

test('a list agrees, its last nextLink null', async () => {
  const { key, attributes } = bundle;
  const list = { value: [{ kid: key.kid.slice(0, -33), attributes, tags: { a: 'b' } }], nextLink: null };
  expect(await differencesOf({ ...read, url: `${vault}/keys?api-version=7.4`, body: list })).toEqual([[]]);
});

test('a member that the local Azure does not give is a difference, and one that it invents', async () => {
  const { exportable: _exportable, ...attributes } = bundle.attributes;
  const [differences] = await differencesOf({ ...read, body: { ...bundle, attributes, release_policy: {} } });
  expect(differences).toEqual([
    'body.release_policy: recorded object {}, absent from the answer',
    'body.attributes.exportable: not recorded, answered boolean false',
  ]);
});

const deletedDate = now - 3_600;
const deletedBundle = {
  recoveryId: `${vault}/deletedkeys/disk`,
  deletedDate,
  scheduledPurgeDate: deletedDate + 90 * 86_400,
  ...bundle,
};
const deletedUrl = `${vault}/deletedkeys/disk?api-version=7.4`;
const { 'content-type': _type, ...bare } = headers;

test.each<readonly [string, Partial<Recorded>]>([
  [
    'a deletion',
    { method: 'DELETE', body: { ...deletedBundle, deletedDate: now, scheduledPurgeDate: now + 90 * 86_400 } },
  ],
  ['a deleted key', { url: deletedUrl, body: deletedBundle }],
  ['a recovery', { method: 'POST', url: deletedUrl.replace('disk', 'disk/recover') }],
  ['a purge', { method: 'DELETE', url: deletedUrl, status: 204, headers: bare, body: '' }],
  ['a PATCH with its body', { method: 'PATCH', sent: { attributes: { enabled: true } } }],
  [
    'a name that no key can have',
    {
      url: `${vault}/keys/a_b?api-version=7.4`,
      status: 400,
      body: { error: { code: 'BadParameter', message: 'The request URI contains an invalid name: a_b' } },
    },
  ],
])('%s agrees', async (_what, recorded) => {
  expect(await differencesOf({ ...read, ...recorded })).toEqual([[]]);
});

const link = (path: string): string =>
  `${vault}:443${path}?api-version=7.4&$skiptoken=eyJOZXh0TWFya2VyIjoiMiE4OCFNREF3TURJMElXdGxlUzlMIn0&maxresults=1`;
const item = { kid: `${vault}/keys/disk`, attributes: bundle.attributes };
const { kid: _kid, ...ofVersion } = { ...item };

test.each<readonly [string, string, unknown]>([
  ['keys', '/keys', [item]],
  ['versions', '/keys/disk/versions', [{ kid: bundle.key.kid, ...ofVersion }]],
  [
    'deleted keys',
    '/deletedkeys',
    [
      {
        recoveryId: deletedBundle.recoveryId,
        deletedDate,
        scheduledPurgeDate: deletedBundle.scheduledPurgeDate,
        ...item,
      },
    ],
  ],
  ['keys that is empty', '/keys', []],
])(
  'a page of %s with another behind it agrees but for the token, asked for first or later',
  async (_what, path, value) => {
    const page = { ...read, body: { value, nextLink: link(path) } };
    expect(
      await differencesOf(
        { ...page, url: `${vault}${path}?api-version=7.4&maxresults=1` },
        { ...page, url: link(path) },
      ),
    ).toEqual([[], []]);
  },
);

test('a page that was the last and is not, and a link to another page, are differences', async () => {
  const url = `${vault}/keys?api-version=7.4&maxresults=1`;
  const [differences] = await differencesOf({ ...read, url, body: { value: [item], nextLink: link('/key') } });
  expect(differences).toEqual([expect.stringContaining('body.nextLink: recorded')]);
});

/** A call without a token as it was refused at that time. */
const refused = (url: string, date: string, authority: string, message: string): Recorded => ({
  url,
  status: 401,
  headers: {
    ...headers,
    date,
    'www-authenticate': `Bearer authorization="https://${authority}/11111111-2222-3333-4444-555555555555", resource="https://vault.azure.net"`,
  },
  body: { error: { code: 'Unauthorized', message } },
});

test('every call without a token is held to the newest challenge, on whatever path and of whatever year', async () => {
  const newest = 'AKV10000: Request is missing a Bearer or PoP token.';
  expect(
    await differencesOf(
      refused(`${vault}/storage?api-version=7.0`, 'Tue, 20 Aug 2019 20:33:11 GMT', 'login.windows.net', 'No token.'),
      refused(`${vault}/keys?api-version=7.5`, headers.date, 'login.microsoftonline.com', newest),
    ),
  ).toEqual([[], []]);
});

test('an exchange with another service is named as not served', async () => {
  expect(await differencesOf({ url: 'https://monitor.azure.com/subscriptions' })).toEqual([['host monitor.azure.com']]);
});

test('the clock goes on as before when the exchanges are done', async () => {
  const before = Date.now();
  await differencesOf(read);
  expect(Math.abs(Date.now() - before)).toBeLessThan(60_000);
});
