import { expect, test } from 'vitest';
import type { Replay } from '../../../local/conformance/replay.ts';
import { type Findings, replayLines, reportOf } from '../../../local/conformance/report.ts';
import { exchangeOf } from './recorded.ts';

const exchange = exchangeOf({ what: 'One key.', url: 'https://one.vault.azure.net/keys' });
const same: Replay = { kind: 'compared', exchange, differences: [] };
const different: Replay = { kind: 'compared', exchange, differences: ['body.a: recorded 1, answered 2', 'status'] };
const notServed: Replay = { kind: 'not-served', exchange, because: 'host other' };
const wrong = { request: 'GET https://one/keys', response: '200 {}', differences: ['body: wrong'] };

const good: Findings = {
  replays: [same, notServed],
  unpublishedPaths: [],
  tally: { answers: 7, wrong: [] },
  testStatus: 0,
};

test.each<readonly [string, Partial<Findings>, string, 0 | 1]>([
  ['all is as published', {}, '1 exchanges, 7 answers, 0 differences, 1 not served', 0],
  [
    'an exchange differs in two places',
    { replays: [different] },
    '1 exchanges, 7 answers, 2 differences, 0 not served',
    1,
  ],
  [
    'an answer is wrong',
    { tally: { answers: 7, wrong: [wrong] } },
    '1 exchanges, 7 answers, 1 differences, 1 not served',
    1,
  ],
  [
    'a query reads what is not published',
    { unpublishedPaths: ['query disks: properties.typo'] },
    '1 exchanges, 7 answers, 1 differences, 1 not served',
    1,
  ],
  ['the tests failed', { testStatus: 1 }, '1 exchanges, 7 answers, 0 differences, 1 not served', 1],
  [
    'no answer was checked',
    { tally: { answers: 0, wrong: [] } },
    '1 exchanges, 0 answers, 0 differences, 1 not served',
    1,
  ],
  ['no exchange was compared', { replays: [notServed] }, '0 exchanges, 7 answers, 0 differences, 1 not served', 1],
])('when %s, the last line and the status say so', (_name, found, lastLine, status) => {
  const report = reportOf({ ...good, ...found });
  expect(report.lines.at(-1)).toBe(lastLine);
  expect(report.status).toBe(status);
});

test('every exchange is listed by name, one that is not served with its reason', () => {
  expect(replayLines([same, notServed])).toEqual([
    'same        keys/file.json #1: One key.',
    'not served  keys/file.json #1 (host other): One key.',
  ]);
});

test('a difference is printed with its exchange, and again after the tests', () => {
  const printed = ['DIFFERENT   keys/file.json #1: One key.', '            body.a: recorded 1, answered 2'];
  expect(replayLines([same, different])).toEqual(expect.arrayContaining(printed));
  expect(reportOf({ ...good, replays: [same, different] }).lines).toEqual(expect.arrayContaining(printed));
});

test('wrong answers alike are printed once, with their number, and never push out another kind', () => {
  const alike = Array.from({ length: 1_000 }, (_, index) => ({ ...wrong, differences: [`body: wrong ${index}`] }));
  const { lines } = reportOf({
    ...good,
    tally: { answers: 1_001, wrong: [...alike, { ...wrong, differences: ['other'] }] },
  });
  expect(lines).toContain('DIFFERENT   GET https://one/keys (and 999 more like it)');
  expect(lines).toContain('            other');
  expect(lines.at(-1)).toContain('1001 differences');
});

test('a fault that every item of a list has is printed once', () => {
  const items = { ...wrong, differences: ['body/value/0: wrong', 'body/value/1: wrong', 'headers: wrong'] };
  const { lines } = reportOf({ ...good, tally: { answers: 1, wrong: [items] } });
  expect(lines.filter((line) => line.includes('wrong'))).toEqual([
    '            body/value/0: wrong',
    '            headers: wrong',
  ]);
  expect(lines.at(-1)).toContain('3 differences');
});
