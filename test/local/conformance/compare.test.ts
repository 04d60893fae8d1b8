import { describe, expect, test } from 'vitest';
import type { WireResponse } from '../../../local/azure/types.ts';
import { compareAnswers, compareValues } from '../../../local/conformance/compare.ts';
import type { RecordedAnswer } from '../../../local/conformance/recordings.ts';

const recordedBody = {
  key: { kid: 'https://one.vault.azure.net/keys/disk', key_ops: ['wrapKey', 'unwrapKey'] },
  attributes: { enabled: true, created: 1_700_000_000 },
  nextLink: null,
};

const accepted: readonly (readonly [string, unknown])[] = [
  ['the same', recordedBody],
  ['members in another order', { nextLink: null, attributes: recordedBody.attributes, key: recordedBody.key }],
  ['operations in another order', { ...recordedBody, key: { ...recordedBody.key, key_ops: ['unwrapKey', 'wrapKey'] } }],
];

const rejected: readonly (readonly [string, unknown, string])[] = [
  [
    'a member missing',
    { key: recordedBody.key, attributes: recordedBody.attributes },
    'body.nextLink: recorded null, absent',
  ],
  ['a member invented', { ...recordedBody, id: 'x' }, 'body.id: not recorded, answered string "x"'],
  ['null for an absence', { ...recordedBody, tags: null }, 'body.tags: not recorded, answered null'],
  [
    'an absence for null',
    { ...recordedBody, nextLink: undefined },
    'body.nextLink: recorded null, answered undefined nothing',
  ],
  ['an empty string for null', { ...recordedBody, nextLink: '' }, 'body.nextLink: recorded null, answered string ""'],
  [
    'a member in other casing',
    { key: recordedBody.key, Attributes: recordedBody.attributes, nextLink: null },
    'body.attributes: recorded object',
  ],
  [
    'a value in other casing',
    { ...recordedBody, key: { ...recordedBody.key, kid: 'https://one.vault.azure.net/keys/Disk' } },
    'body.key.kid: recorded string "https://one.vault.azure.net/keys/disk", answered string "https://one.vault.azure.net/keys/Disk"',
  ],
  [
    'a string for a number',
    { ...recordedBody, attributes: { enabled: true, created: '1700000000' } },
    'body.attributes.created: recorded number 1700000000, answered string "1700000000"',
  ],
  [
    'a number for a truth value',
    { ...recordedBody, attributes: { enabled: 1, created: 1_700_000_000 } },
    'body.attributes.enabled: recorded boolean true, answered number 1',
  ],
  [
    'another second',
    { ...recordedBody, attributes: { enabled: true, created: 1_700_000_001 } },
    'body.attributes.created: recorded number 1700000000, answered number 1700000001',
  ],
  [
    'an operation too few',
    { ...recordedBody, key: { ...recordedBody.key, key_ops: ['wrapKey'] } },
    'body.key.key_ops: recorded 2 items, answered 1',
  ],
  [
    'another operation',
    { ...recordedBody, key: { ...recordedBody.key, key_ops: ['wrapKey', 'sign'] } },
    'body.key.key_ops[0]: recorded string "unwrapKey", answered string "sign"',
  ],
  ['a list for an object', { ...recordedBody, attributes: [] }, 'body.attributes: recorded object'],
];

describe('a body', () => {
  test.each(accepted)('agrees with %s', (_name, answered) => {
    expect(compareValues(recordedBody, answered, 'body')).toEqual([]);
  });

  test.each(rejected)('differs by %s, and the difference names the place', (_name, answered, complaint) => {
    expect(compareValues(recordedBody, answered, 'body').join('\n')).toContain(complaint);
  });

  test('is a list whose order counts', () => {
    expect(compareValues({ value: ['a', 'b'] }, { value: ['b', 'a'] }, 'body')).toHaveLength(2);
  });

  test('shows every difference, not the first', () => {
    expect(compareValues({ a: 1, b: 2, c: 3 }, { a: 2, b: 3, d: 4 }, 'body')).toHaveLength(4);
  });
});

const json = 'application/json; charset=utf-8';
const requestId = '0933dc63-4d39-4fff-9963-c1c4d1a83d1f';
const challenge = 'Bearer authorization="https://login.example/1", resource="https://vault.azure.net"';

const recorded: RecordedAnswer = {
  status: 200,
  headers: { 'content-type': json, 'content-length': '14', 'x-ms-request-id': requestId, 'x-info': 'addr=***;v4;' },
  body: { enabled: true },
  allHeaders: false,
  textReplaced: false,
};
const answered: WireResponse = {
  status: 200,
  headers: {
    'content-type': json,
    'x-ms-request-id': 'aaaaaaaa-4d39-4fff-9963-c1c4d1a83d1f',
    'x-info': 'addr=127.0.0.1;v4;',
    pragma: 'no-cache',
  },
  body: '{"enabled":true}',
};
const fits: RecordedAnswer = { ...recorded, headers: { ...recorded.headers, 'content-length': '16' } };

describe('an answer', () => {
  test('agrees where ids made anew and masked values have the recorded form, whatever headers the recorder dropped', () => {
    expect(compareAnswers(fits, answered)).toEqual([]);
  });

  test.each<readonly [string, RecordedAnswer, WireResponse, string]>([
    ['another status', fits, { ...answered, status: 201 }, 'status: recorded 200, answered 201'],
    ['a header missing', fits, { ...answered, headers: {} }, `header content-type: recorded ${json}, absent`],
    [
      'another content type',
      fits,
      { ...answered, headers: { ...answered.headers, 'content-type': 'application/json' } },
      'header content-type: recorded',
    ],
    [
      'an id in another form',
      fits,
      { ...answered, headers: { ...answered.headers, 'x-ms-request-id': '1' } },
      'header x-ms-request-id',
    ],
    [
      'another value around the masked part',
      fits,
      { ...answered, headers: { ...answered.headers, 'x-info': 'addr=127.0.0.1;v6;' } },
      'header x-info',
    ],
    [
      'a Location that was not recorded',
      fits,
      { ...answered, headers: { ...answered.headers, location: 'https://one' } },
      'header location: not recorded, answered https://one',
    ],
    [
      'a header that was not there on the wire',
      { ...fits, allHeaders: true },
      answered,
      'header pragma: not recorded, answered no-cache',
    ],
    [
      'another challenge',
      { ...fits, headers: { ...fits.headers, 'www-authenticate': challenge } },
      { ...answered, headers: { ...answered.headers, 'www-authenticate': challenge.replace('resource', 'scope') } },
      'header www-authenticate: recorded',
    ],
    ['a length that only other JSON has', recorded, answered, 'body: recorded 14 bytes, answered 16'],
    [
      'blanks between the tokens',
      fits,
      { ...answered, body: '{"enabled": true}' },
      'body: recorded 16 bytes, answered 17',
    ],
    ['no body', fits, { ...answered, body: '' }, 'body: recorded JSON, answered none'],
    ['a body where none was', { ...fits, body: '' }, answered, 'body: recorded none, answered {"enabled":true}'],
  ])('differs by %s', (_name, expected, found, complaint) => {
    expect(compareAnswers(expected, found).join('\n')).toContain(complaint);
  });

  test('is not held to the recorded length where the recorded text was replaced by the newest', () => {
    expect(compareAnswers({ ...recorded, textReplaced: true }, answered)).toEqual([]);
  });
});
