import { describe, expect, test } from 'vitest';
import { skipTokenOf } from '../../../../local/azure/resource-graph/skip-token.ts';
import { isGraph, playGraph } from '../../../../local/conformance/graph/play.ts';
import { exchangeOf, type Recorded } from '../recorded.ts';

const SUB = '11111111-1111-4111-8111-111111111111';
const url = 'https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01';
const id = (name: string): string =>
  `/subscriptions/${SUB}/resourceGroups/rg-one/providers/Microsoft.Compute/disks/${name}`;
const headers = {
  date: 'Wed, 28 Apr 2021 17:36:59 GMT',
  'content-type': 'application/json; charset=utf-8',
  'x-ms-user-quota-remaining': '12',
  'x-ms-user-quota-resets-after': '00:00:05',
};
const page = {
  totalRecords: 9,
  count: 2,
  data: [{ id: id('a') }, { id: id('b') }],
  facets: [],
  resultTruncated: 'false',
  $skipToken: skipTokenOf({ maxRows: 2, rowsToSkip: 5 }),
};
const asked = { query: 'project id', subscriptions: ['other'], options: { $top: 2, $skip: 3 } };

async function outcome(recorded: Partial<Recorded>): Promise<readonly string[]> {
  const replay = await playGraph(exchangeOf({ method: 'POST', url, headers, sent: asked, body: page, ...recorded }));
  return replay.kind === 'compared' ? replay.differences : [replay.because];
}

describe('a recorded query to Resource Graph', () => {
  test('is answered as it was: rows, counts, the token of the next page, and what is left of the quota', async () => {
    expect(await outcome({})).toEqual([]);
  });

  test.each<[string, Partial<Recorded>, RegExp]>([
    [
      'a row of another form',
      { body: { ...page, data: [{ id: id('a'), more: 1 }, { id: id('b') }] } },
      /^body\.data\[0\]\.more/,
    ],
    [
      'another page behind it',
      { body: { ...page, $skipToken: skipTokenOf({ maxRows: 2, rowsToSkip: 6 }) } },
      /rowsToSkip/,
    ],
    ['a result that is truncated', { body: { ...page, resultTruncated: 'true' } }, /^body\.resultTruncated/],
    [
      'another quota',
      { headers: { ...headers, 'x-ms-user-quota-resets-after': '00:00:04' } },
      /^header x-ms-user-quota-resets-after/,
    ],
  ])('is different for %s', async (_, recorded, difference) => {
    expect(await outcome(recorded)).toEqual([expect.stringMatching(difference)]);
  });

  test('is taken from the recorder’s sentence where its body is lost, and otherwise not played', async () => {
    const told = { what: 'Rows; the query was: project id. Cut down by its authors.', sent: 'mock_body' };
    const whole = { ...page, totalRecords: 2, $skipToken: undefined };
    expect(await outcome({ ...told, body: whole })).toEqual([]);
    expect(await outcome({ sent: 'mock_body', body: whole })).toEqual(['its query is lost and not told']);
  });

  test('is told from other calls by its path', () => {
    expect(isGraph(exchangeOf({ method: 'POST', url }))).toBe(true);
    expect(isGraph(exchangeOf({ url: `https://management.azure.com${id('a')}?api-version=2023-04-02` }))).toBe(false);
  });
});
