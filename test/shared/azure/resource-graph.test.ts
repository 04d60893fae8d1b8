import { createHttpHeaders, RestError } from '@azure/core-rest-pipeline';
import { describe, expect, test, vi } from 'vitest';
import type { Resource } from '../../../local/azure/resource-manager/store.ts';
import type { WireResponse } from '../../../local/azure/types.ts';
import { resourceGraph } from '../../../shared/azure/resource-graph.ts';
import { GraphRefused } from '../../../shared/errors.ts';
import { queryTexts } from '../../../shared/estate/query-texts.ts';
import { onStoppedClock } from '../../local/azure/requests.ts';
import { disks, localGraph, resource, SUBSCRIPTION } from '../../local/azure/resource-graph/graph.ts';

const QUERY = queryTexts.disks;

onStoppedClock();

type Local = ReturnType<typeof localGraph>;
type Sent = { readonly subscriptions?: readonly string[]; readonly options: Readonly<Record<string, unknown>> };

/** The adapter over a local Resource Graph, with what it sent and how long it waited, which turns the clock. */
function asked(
  { azure, httpClient }: Pick<Local, 'azure' | 'httpClient'>,
  answer: (count: number) => WireResponse | undefined = () => undefined,
  beforeEach: (count: number) => void = () => {},
  as = 'asker',
) {
  const sent: Sent[] = [];
  const waits: number[] = [];
  const graph = resourceGraph({
    credential: azure.credential(as),
    identity: "the guardian's identity surveyor",
    httpClient: {
      async sendRequest(request) {
        beforeEach(sent.length);
        const instead = answer(sent.push(JSON.parse(String(request.body))) - 1);
        if (instead === undefined) return httpClient.sendRequest(request);
        const { status, headers, body } = instead;
        return { request, status, headers: createHttpHeaders({ ...headers }), bodyAsText: body };
      },
    },
    sleep: async (ms) => {
      waits.push(ms);
      vi.setSystemTime(Date.now() + ms);
    },
  });
  const pages = async (subscriptions?: readonly string[], query = QUERY) => {
    const read: string[][] = [];
    for await (const rows of graph.pages(query, subscriptions)) read.push(rows.map(nameOf));
    return read;
  };
  return { sent, waits, pages, graph };
}

const nameOf = (row: unknown): string => String(Object(row).id).replace(/^.*\//, '');
const all = (count: number): readonly string[] => disks(count).map(({ name }) => name);
const refusalOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the rows of a query', () => {
  test('come in as few pages as there are thousands, each once and in order', async () => {
    const { pages, sent } = asked(localGraph(disks(2_500)));
    const read = await pages([SUBSCRIPTION]);
    expect(read.map((page) => page.length)).toEqual([1_000, 1_000, 500]);
    expect(read.flat()).toEqual(all(2_500));
    expect(sent.map(({ options }) => [options.$top, typeof options.$skipToken])).toEqual([
      [1_000, 'undefined'],
      [1_000, 'string'],
      [1_000, 'string'],
    ]);
  });

  test('are one empty page where there are none', async () => {
    expect(await asked(localGraph(disks(1))).pages([SUBSCRIPTION], queryTexts.sets)).toEqual([[]]);
  });

  test('come once where rows were made between two pages, which shifts those behind them', async () => {
    const local = localGraph(disks(2_500));
    const { pages, sent } = asked(local, undefined, (count) => {
      if (count !== 1) return;
      for (const one of ['disk-0000a', 'disk-0000b']) local.resources.put(resource('Microsoft.Compute/disks', one));
    });
    const read = (await pages([SUBSCRIPTION])).flat();
    expect(read).toEqual(all(2_500));
    expect(sent).toHaveLength(3);
  });

  test('are missed by no page where rows were deleted between two pages: that page is asked for again', async () => {
    const local = localGraph(disks(2_500));
    const { pages, sent } = asked(local, undefined, (count) => {
      if (count === 1) for (const { id } of disks(3)) local.resources.remove(id);
    });
    const read = (await pages([SUBSCRIPTION])).flat();
    expect(read).toEqual(all(2_500));
    expect(sent.map(({ options }) => options.$skip)).toEqual([undefined, undefined, 997, undefined]);
  });

  test('are unknown where more of them went away between two pages than a page holds', async () => {
    const local = localGraph(disks(3_500));
    const { pages } = asked(local, undefined, (count) => {
      if (count === 2) for (const { id } of disks(1_001)) local.resources.remove(id);
    });
    expect(await refusalOf(pages([SUBSCRIPTION]))).toMatchObject({ name: 'GraphRefused', kind: 'unreadable' });
  });

  test('are read a page at a time: the next one is asked for when the last was taken', async () => {
    const { graph, sent } = asked(localGraph(disks(2_500)));
    for await (const rows of graph.pages(QUERY, [SUBSCRIPTION])) {
      expect(rows).toHaveLength(1_000);
      expect(sent).toHaveLength(1);
      break;
    }
    expect(sent).toHaveLength(1);
  });

  test('are of all subscriptions where none is named, and none where the list is empty', async () => {
    const { pages, sent } = asked(localGraph(disks(2)));
    expect(await pages()).toEqual([all(2)]);
    expect(sent[0]).not.toHaveProperty('subscriptions');
    expect(await pages([])).toEqual([]);
    expect(sent).toHaveLength(1);
  });
});

describe('many subscriptions', () => {
  const many = Array.from({ length: 600 }, (_, at) => `22222222-0000-4000-8000-${String(at).padStart(12, '0')}`);
  const diskIn = (subscription: string): Resource => ({
    ...resource('Microsoft.Compute/disks', subscription),
    id: `/subscriptions/${subscription}/resourceGroups/g/providers/Microsoft.Compute/disks/${subscription}`,
  });

  test('are asked for in groups of fewer than 300', async () => {
    const { pages, sent } = asked(localGraph(many.map(diskIn)));
    expect((await pages(many)).flat()).toEqual(many);
    expect(sent.map(({ subscriptions }) => subscriptions?.length)).toEqual([299, 299, 2]);
  });

  test('of which a whole group cannot be read leave out that group, as a larger one would', async () => {
    const roles = [{ role: 'Reader', scope: `/subscriptions/${many[0]}` }];
    const { pages } = asked(localGraph(many.map(diskIn), { roles }));
    expect((await pages(many)).flat()).toEqual([many[0]]);
  });

  test('give roles above them once', async () => {
    const root: Resource = {
      id: '/providers/Microsoft.Authorization/roleAssignments/root',
      name: 'root',
      type: 'Microsoft.Authorization/roleAssignments',
      properties: { scope: '/', principalId: 'p', roleDefinitionId: '/r' },
    };
    const { pages, sent } = asked(localGraph([...many.map(diskIn), root]));
    const read = (await pages(many, queryTexts['role-assignments'])).flat();
    expect(read.filter((name) => name === 'root')).toEqual(['root']);
    expect(sent).toHaveLength(3);
  });
});

describe('the quota of queries', () => {
  test('is waited for where it is used up, and not before', async () => {
    const { pages, sent, waits } = asked(localGraph(disks(1)));
    for (let count = 0; count < 31; count += 1) await pages([SUBSCRIPTION]);
    expect(sent).toHaveLength(31);
    expect(waits).toEqual([5_000, 5_000]);
  });

  test.each([
    ['as long as the answer says', { 'retry-after': '2', 'x-ms-user-quota-resets-after': '00:00:05' }, 2_000],
    ['until the quota is new', { 'x-ms-user-quota-resets-after': '00:01:00' }, 60_000],
    ['5 s where the answer does not say', {}, 5_000],
    ['a minute where the answer asks for more', { 'retry-after': '3600' }, 60_000],
  ])('that somebody else used up is waited for: %s', async (_, headers, waited) => {
    const throttled = { status: 429, headers, body: '{"error":{"code":"RateLimiting","message":""}}' };
    const { pages, waits } = asked(localGraph(disks(1)), (count) => (count === 0 ? throttled : undefined));
    expect(await pages([SUBSCRIPTION])).toEqual([all(1)]);
    expect(waits).toEqual([waited]);
  });

  test('that never comes back ends after six tries', async () => {
    const throttled = { status: 429, headers: {}, body: '' };
    const { pages, sent, waits } = asked(localGraph([]), () => throttled);
    expect(await refusalOf(pages([SUBSCRIPTION]))).toMatchObject({ kind: 'throttled', status: 429 });
    expect(sent).toHaveLength(6);
    expect(waits).toHaveLength(5);
  });
});

describe('a refusal', () => {
  test.each([403, 400] as const)('where no subscription can be read is forbidden: status %s', async (status) => {
    const local = localGraph(disks(1), { behaviours: { graphWithoutRights: status } });
    const { pages } = asked(local, undefined, undefined, 'stranger');
    const refusal = await refusalOf(pages([SUBSCRIPTION]));
    expect(refusal).toBeInstanceOf(GraphRefused);
    expect(refusal).toMatchObject({ kind: 'forbidden', status });
  });

  test.each([
    [400, '{"error":{"code":"BadRequest","details":[{"code":"InvalidQuery"}]}}', 'rejected', 'InvalidQuery'],
    [401, '{"error":{"code":"ExpiredAuthenticationToken"}}', 'unauthenticated', 'ExpiredAuthenticationToken'],
    [413, '<html>', 'rejected', undefined],
    [404, 'a proxy', 'unreachable', undefined],
    [500, '{"error":{"code":"InternalServerError"}}', 'unreachable', 'InternalServerError'],
  ])('with status %s and this body has a reason and its code: %s', async (status, body, kind, code) => {
    const { pages } = asked(localGraph([]), () => ({ status, headers: {}, body }));
    expect(await refusalOf(pages([SUBSCRIPTION]))).toMatchObject({ kind, status, code });
  });

  test('of a connection is unreachable, with its code', async () => {
    const { pages } = asked(localGraph([]), () => {
      throw new RestError('socket hang up', { code: 'ECONNRESET' });
    });
    expect(await refusalOf(pages([SUBSCRIPTION]))).toMatchObject({ kind: 'unreachable', code: 'ECONNRESET' });
  });

  test('of a token is none of Resource Graph', async () => {
    const graph = resourceGraph({
      credential: { getToken: async () => Promise.reject(new Error('no')) },
      identity: "the guardian's identity surveyor",
      httpClient: { sendRequest: () => Promise.reject(new Error('was asked')) },
    });
    const reading = (async () => {
      for await (const _ of graph.pages(QUERY, [SUBSCRIPTION])) expect.unreachable();
    })();
    expect(await refusalOf(reading)).toMatchObject({ kind: 'no-token', cause: { name: 'NoToken' } });
  });
});

describe('an answer that cannot be read', () => {
  const page = { totalRecords: 1, count: 1, data: [{ id: 'a' }], facets: [], resultTruncated: 'false' };

  test.each([
    ['columns and rows', { ...page, data: { columns: [], rows: [] } }],
    ['a result that is truncated, for which there is no token', { ...page, resultTruncated: 'true' }],
    ['no total', { ...page, totalRecords: undefined }],
    ['no JSON', undefined],
  ])('is refused: %s', async (_, content) => {
    const body = content === undefined ? '<html>' : JSON.stringify(content);
    const { pages } = asked(localGraph([]), () => ({ status: 200, headers: {}, body }));
    expect(await refusalOf(pages([SUBSCRIPTION]))).toMatchObject({ kind: 'unreadable' });
  });

  test('on a later page is refused after the pages before it', async () => {
    const { graph } = asked(localGraph(disks(1_500)), (count) =>
      count === 1 ? { status: 200, headers: {}, body: '{}' } : undefined,
    );
    const read: number[] = [];
    const reading = (async () => {
      for await (const rows of graph.pages(QUERY, [SUBSCRIPTION])) read.push(rows.length);
    })();
    expect(await refusalOf(reading)).toMatchObject({ kind: 'unreadable' });
    expect(read).toEqual([1_000]);
  });
});
