import { describe, expect, test } from 'vitest';
import type { WireRequest, WireResponse } from '../../../local/azure/types.ts';
import { answerRules } from '../../../local/conformance/answer-rules.ts';
import { shapes } from './shapes.ts';

const rules = answerRules(shapes);

const request: WireRequest = {
  method: 'GET',
  url: 'https://one.vault.azure.net:8443/keys/disk?api-version=7.5',
  headers: { 'x-ms-client-request-id': 'abc' },
  body: '',
};
const answer: WireResponse = {
  status: 200,
  headers: { 'content-type': 'application/json', pragma: 'no-cache', 'x-ms-client-request-id': 'abc' },
  body: '{"kid":"https://one.vault.azure.net/keys/disk","hsmPlatform":"0"}',
};
const body = (value: unknown): Partial<WireResponse> => ({ body: JSON.stringify(value) });
const kid = 'https://one.vault.azure.net/keys/disk';
const error = (code: string, message: string, inner?: string): Partial<WireResponse> =>
  body({ error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } });
const notFound = 'A key with (name/id) disk was not found.';
const headers = (more: Readonly<Record<string, string>>): Partial<WireResponse> => ({
  headers: { ...answer.headers, ...more },
});
const purge: Partial<WireRequest> = {
  method: 'DELETE',
  url: 'https://one.vault.azure.net/deletedkeys/disk?api-version=7.5',
};
const challenge = { 'www-authenticate': 'Bearer resource="vault"' };

function deleted(seconds: number): Readonly<Record<string, unknown>> {
  return { deletedDate: 1_000, scheduledPurgeDate: 1_000 + seconds, attributes: { recoverableDays: 7 } };
}

describe('an answer is accepted', () => {
  test.each<readonly [string, Partial<WireRequest>, Partial<WireResponse>]>([
    ['as published', {}, {}],
    ['at 7.4 without what came with 7.5', { url: request.url.replace('7.5', '7.4') }, body({ kid })],
    [
      'with 204 and no body',
      purge,
      { status: 204, headers: { pragma: 'no-cache', 'x-ms-client-request-id': 'abc' }, body: '' },
    ],
    ['of a deletion', { method: 'DELETE' }, body({ kid, ...deleted(7 * 86_400) })],
    [
      'of a deletion in a vault without soft delete, which is the bundle of a read',
      { method: 'DELETE' },
      body({ kid, hsmPlatform: '0', attributes: { recoveryLevel: 'Purgeable' } }),
    ],
    ['with an error that its operation has', {}, { status: 404, ...error('KeyNotFound', notFound) }],
    [
      'with one that it has not, where a behaviour asked for it',
      {},
      {
        status: 403,
        unrecordedOnPurpose: true,
        ...error('Forbidden', 'Operation get is not allowed on a disabled key.', 'KeyDisabled'),
      },
    ],
    ['with a challenge', {}, { status: 401, ...headers(challenge), ...error('Unauthorized', 'AKV10000: No token.') }],
    ['with the length of its body', {}, headers({ 'content-length': String(answer.body.length) })],
  ])('%s', (_name, asked, answered) => {
    expect(rules({ ...request, ...asked }, { ...answer, ...answered })).toEqual([]);
  });
});

describe('an answer is rejected', () => {
  test.each<readonly [string, Partial<WireRequest>, Partial<WireResponse>, string]>([
    ['a member invented', {}, body({ kid, hsmPlatform: '0', id: 1 }), 'must NOT have unevaluated properties'],
    ['a member missing', {}, body({ hsmPlatform: '0' }), "must have required property 'kid'"],
    ['a member missing at this version', {}, body({ kid }), "must have required property 'hsmPlatform'"],
    ['a member of another version', { url: request.url.replace('7.5', '7.4') }, {}, 'boolean schema is false'],
    ['null for an absence', {}, body({ kid, hsmPlatform: '0', exp: null }), 'body/exp: must be integer'],
    ['other casing', {}, body({ kid, hsmplatform: '0' }), 'hsmplatform'],
    ['another type', {}, body({ kid, hsmPlatform: 0 }), 'body/hsmPlatform: must be string'],
    ['a status that is not published', {}, { status: 201 }, 'status: 201, published is 200'],
    ['a success of something unpublished', { method: 'PUT' }, {}, 'an operation that is not published'],
    ['a port in an identifier', {}, body({ kid: kid.replace('net', 'net:8443'), hsmPlatform: '0' }), 'is not of https'],
    [
      'another vault in an identifier',
      {},
      body({ kid: kid.replace('one', 'two'), hsmPlatform: '0' }),
      'is not of https',
    ],
    ['blanks in the JSON', {}, { body: `${answer.body} ` }, 'body: is not compact JSON'],
    ['no JSON', {}, { body: 'sorry' }, 'body: is not JSON'],
    ['a body where none is published', purge, { status: 204 }, 'body: there though none is published'],
    ['a deletion without its dates', { method: 'DELETE' }, body({ kid }), "required property 'deletedDate'"],
    ['a purge too late', {}, body({ kid, hsmPlatform: '0', ...deleted(7 * 86_400 + 1) }), 'is not 7 days after'],
    [
      'an error with a member too many',
      {},
      { status: 503, body: '{"error":{"code":"a","message":"b"},"x":1}' },
      'body',
    ],
    [
      'an error of another operation',
      { method: 'PUT' },
      { status: 404, ...error('KeyNotFound', notFound) },
      'such a path',
    ],
    [
      'an error that names another key',
      {},
      { status: 404, ...error('KeyNotFound', notFound.replace('disk', 'other')) },
      'no published 404 of get',
    ],
    [
      'a 401 without a challenge',
      {},
      { status: 401, ...error('Unauthorized', 'AKV10000: No token.') },
      'www-authenticate: must be string',
    ],
    [
      'another challenge',
      {},
      { status: 401, ...headers({ 'www-authenticate': 'Basic' }), ...error('Unauthorized', 'AKV10000: No token.') },
      'www-authenticate: must match pattern',
    ],
    ['a challenge with 200', {}, headers(challenge), 'www-authenticate: there with 200'],
    [
      'a required header missing',
      {},
      { headers: { 'content-type': 'application/json', 'x-ms-client-request-id': 'abc' } },
      "headers: must have required property 'pragma'",
    ],
    [
      'a body without its type',
      {},
      { headers: { pragma: 'no-cache', 'x-ms-client-request-id': 'abc' } },
      'content-type: absent',
    ],
    ['a type without a body', purge, { status: 204, body: '' }, 'content-type: there though'],
    ['a header in upper case', {}, headers({ Expires: '-1' }), 'Expires is not in lower case'],
    ['a lost echo', {}, { headers: { 'content-type': 'application/json' } }, 'sent abc, echoed none'],
    ['an echo of nothing', { headers: {} }, {}, 'sent none, echoed abc'],
    ['another length', {}, headers({ 'content-length': '3' }), 'content-length: 3'],
  ])('for %s', (_name, asked, answered, complaint) => {
    expect(rules({ ...request, ...asked }, { ...answer, ...answered }).join('\n')).toContain(complaint);
  });
});

test('a schema that the operations name and the schemas lack stops the check, it does not pass', () => {
  const lacking = answerRules({ ...shapes, schema: { $id: 'keys.schema.json', $defs: {} } });
  expect(() => lacking(request, answer)).toThrow('#/$defs/ResponseHeaders');
});
