import { expect, test } from 'vitest';
import { withNewestTexts } from '../../../local/conformance/newest-texts.ts';
import { type Exchange, parseExchanges } from '../../../local/conformance/recordings.ts';

const challenge = (host: string): string =>
  `Bearer authorization="https://${host}/11111111-2222-3333-4444-555555555555", resource="https://vault.azure.net"`;

function recorded(url: string, status: number, date: string, message: string, authority?: string): unknown {
  return {
    what: 'A call.',
    request: { method: 'GET', url, headers: {}, body: null },
    response: {
      status,
      headers: { Date: date, ...(authority === undefined ? {} : { 'WWW-Authenticate': challenge(authority) }) },
      body: { error: { code: 'Unauthorized', message } },
    },
  };
}

const old2019 = 'Tue, 20 Aug 2019 20:33:11 GMT';
const new2025 = 'Sat, 22 Feb 2025 00:42:01 GMT';

function exchanges(...content: readonly unknown[]): readonly Exchange[] {
  return withNewestTexts(parseExchanges('file.json', content));
}

test('an old challenge gets the newest text and authority of any vault, and keeps its own tenant', () => {
  const [first, second] = exchanges(
    recorded('https://one.vault.azure.net/storage?api-version=7.0', 401, old2019, 'No token.', 'old.example'),
    recorded('https://two.vault.azure.net/keys?api-version=7.5', 401, new2025, 'AKV: No token.', 'new.example'),
  );
  expect(first?.answer).toMatchObject({
    body: { error: { code: 'Unauthorized', message: 'AKV: No token.' } },
    headers: { 'www-authenticate': challenge('new.example') },
    textReplaced: true,
  });
  expect(second?.answer).toMatchObject({
    headers: { 'www-authenticate': challenge('new.example') },
    textReplaced: false,
  });
});

test('the date tells which text is newest, not the place in the file', () => {
  const [, last] = exchanges(
    recorded('https://two.vault.azure.net/keys', 401, new2025, 'new', 'new.example'),
    recorded('https://one.vault.azure.net/keys', 401, old2019, 'old', 'old.example'),
  );
  expect(last?.answer.body).toEqual({ error: { code: 'Unauthorized', message: 'new' } });
});

test('a text that names what was asked for is not replaced by that of another path', () => {
  const [first] = exchanges(
    recorded('https://one.vault.azure.net/keys/a', 404, old2019, 'a is not there'),
    recorded('https://one.vault.azure.net/keys/b', 404, new2025, 'b is not there'),
  );
  expect(first?.answer).toMatchObject({ body: { error: { message: 'a is not there' } }, textReplaced: false });
});

test('a text goes from one key to another, its name aside', () => {
  const [first] = exchanges(
    recorded('https://one.vault.azure.net/keys/a/', 404, old2019, 'Key not found: a'),
    recorded('https://one.vault.azure.net/keys/disk-b', 404, new2025, 'A key (disk-b) was not found'),
  );
  expect(first?.answer).toMatchObject({ body: { error: { message: 'A key (a) was not found' } }, textReplaced: true });
});

test('a text that its recorder wrote over is not the newest, and gets the newest that is whole', () => {
  const [, last] = exchanges(
    recorded('https://one.vault.azure.net/keys/a', 404, old2019, 'see https://go.microsoft.com'),
    recorded('https://one.vault.azure.net/keys/a', 404, new2025, 'see https://REDACTED.microsoft.com'),
  );
  expect(last?.answer).toMatchObject({ body: { error: { message: 'see https://go.microsoft.com' } } });
});

test('texts with other inner codes are not of one kind', () => {
  const conflict = (date: string, message: string, code: string): unknown => ({
    what: 'A call.',
    request: { method: 'POST', url: 'https://one.vault.azure.net/keys/a/create', headers: {}, body: null },
    response: { status: 409, headers: { date }, body: { error: { code: 'Conflict', message, innererror: { code } } } },
  });
  const [first] = exchanges(conflict(old2019, 'is deleted', 'Deleted'), conflict(new2025, 'goes', 'BeingDeleted'));
  expect(first?.answer).toMatchObject({ body: { error: { message: 'is deleted' } } });
});

test('headers that came until 2020 are not asked for, and the connection has a type since then', () => {
  const [first] = exchanges({
    what: 'A call.',
    request: { method: 'GET', url: 'https://one.vault.azure.net/keys', headers: {}, body: null },
    response: {
      status: 200,
      headers: { Server: 'Microsoft-IIS/10.0', 'x-powered-by': 'ASP.NET', 'x-ms-keyvault-network-info': 'addr=***;' },
      body: {},
    },
  });
  expect(first?.answer.headers).toEqual({ 'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=***;' });
});

test('the text of another service is left alone', () => {
  const [first] = exchanges(
    recorded('https://one.vault.azure.net/keys', 401, old2019, 'vault', 'old.example'),
    recorded('https://management.azure.com/keys', 401, new2025, 'manager', 'new.example'),
  );
  expect(first?.answer).toMatchObject({ body: { error: { message: 'vault' } } });
});
