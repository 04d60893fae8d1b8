import { mock } from 'node:test';
import { z } from 'zod';
import { createLocalAzure } from '../../azure/azure.ts';
import { readSkipToken } from '../../azure/resource-graph/skip-token.ts';
import { resourcePath } from '../../azure/resource-manager/ids.ts';
import type { Resource } from '../../azure/resource-manager/store.ts';
import { compareManagement } from '../management/compare.ts';
import type { Exchange } from '../recordings.ts';
import type { Replay } from '../replay.ts';
import { sentBody } from '../sent.ts';

/** Whether an exchange is a query to Resource Graph. */
export const isGraph = ({ url }: Exchange): boolean =>
  resourcePath(url.pathname).type?.toLowerCase() === 'microsoft.resourcegraph/resources';

const request = z.looseObject({
  query: z.string(),
  subscriptions: z.array(z.string()).optional(),
  options: z.looseObject({ $skip: z.number().optional() }).optional(),
});
const table = z.object({ columns: z.array(z.looseObject({ name: z.string() })), rows: z.array(z.array(z.unknown())) });
const page = z.object({ totalRecords: z.number(), data: z.union([table, z.array(z.looseObject({}))]) });
const row = z.looseObject({ id: z.string(), name: z.string().optional(), type: z.string().optional() });

/** Holds the local Resource Graph to a recorded query: with the resources that its answer shows, and as many beside them as it counts. */
export async function playGraph(exchange: Exchange): Promise<Replay> {
  const sent = sentTo(exchange);
  if (sent === undefined) return { kind: 'not-served', exchange, because: 'its query is lost and not told' };
  const rows = rowsOf(exchange);
  const date = Date.parse(exchange.answer.headers.date ?? '');
  mock.timers.enable({ apis: ['Date'], now: Number.isNaN(date) ? Date.now() : date });
  try {
    const subscriptionId = resourcePath(rows[0]?.id ?? '').subscriptionId;
    const tenantId = z.object({ tenantId: z.string() }).safeParse(rows[0]).data?.tenantId;
    const azure = createLocalAzure({
      vaults: [],
      resources: resourcesBehind(exchange, rows, sent.options?.$skip ?? 0),
      identities: [
        { name: 'recorded-client', kind: 'application', grants: [], roles: [{ role: 'Reader', scope: '/' }] },
      ],
      ...(tenantId === undefined ? {} : { tenantId }),
    });
    const ask = (body: unknown) =>
      azure.handle({
        method: exchange.method,
        url: exchange.url.href,
        headers: {
          authorization: `Bearer ${azure.token('recorded-client', { audience: 'https://management.azure.com' })}`,
        },
        body: JSON.stringify(body),
      });
    for (let left = FIRST_LEFT; left > leftIn(exchange); left -= 1) await ask({ query: 'resources' });
    // The recorder replaced the subscription in rows: it stands for those that were asked for.
    const subscriptions = subscriptionId === undefined ? sent.subscriptions : [subscriptionId];
    const answered = await ask({ ...sent, subscriptions });
    const [recorded, ours] = [comparable(exchange.answer.body), comparable(JSON.parse(answered.body))];
    const replaced = { ...exchange, answer: { ...exchange.answer, body: recorded, textReplaced: true } };
    const differences = compareManagement(replaced, { ...answered, body: JSON.stringify(cutDown(exchange, ours)) });
    return { kind: 'compared', exchange, differences };
  } finally {
    mock.timers.reset();
  }
}

/** What the first query of 5 s leaves of the quota. */
const FIRST_LEFT = 14;
const leftIn = ({ answer }: Exchange): number => Number(answer.headers['x-ms-user-quota-remaining'] ?? FIRST_LEFT);

/** The body as recorded, or with the query that the recorder's sentence tells. */
function sentTo(exchange: Exchange): z.infer<typeof request> | undefined {
  const body = sentBody(exchange);
  const told = /the query was: (.+?)\.(?: |$)/.exec(exchange.what)?.[1];
  return request.safeParse(body.kind === 'json' ? body.value : { query: told }).data;
}

function rowsOf({ answer }: Exchange): readonly z.infer<typeof row>[] {
  const { data } = page.safeParse(answer.body);
  if (data === undefined) return [];
  const rows = Array.isArray(data.data)
    ? data.data
    : data.data.rows.map((values) =>
        Object.fromEntries(table.parse(data.data).columns.map(({ name }, at): [string, unknown] => [name, values[at]])),
      );
  return rows.map((one) => row.parse(one));
}

/** The resources of the rows, those that were skipped before them and those that come after, in their order. */
function resourcesBehind(
  { answer }: Exchange,
  rows: readonly z.infer<typeof row>[],
  skipped: number,
): readonly Resource[] {
  const shown = rows.map(resourceOf);
  const [like] = shown;
  const { totalRecords } = page.safeParse(answer.body).data ?? { totalRecords: 0 };
  if (like === undefined) return [];
  const beside = (count: number, where: string): readonly Resource[] =>
    Array.from({ length: Math.max(0, count) }, (_, at) => ({
      ...{ id: `${like.id}-${where}-${at}`, name: `${like.name}-${where}-${at}`, type: like.type },
      properties: {},
    }));
  return [...beside(skipped, 'before'), ...shown, ...beside(totalRecords - skipped - shown.length, 'after')];
}

/** A row without what Resource Graph fills in: null, and the empty text. */
function resourceOf({ id, name, type, properties, ...rest }: z.infer<typeof row>): Resource {
  const path = resourcePath(id);
  const { resourceGroup: _, subscriptionId: __, tenantId: ___, ...members } = rest;
  return {
    ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== '')),
    id,
    name: name ?? path.name ?? '',
    type: type ?? path.type ?? '',
    properties: z.record(z.string(), z.unknown()).default({}).parse(properties),
  };
}

/** Of a token what a client may know of it, and a message without its time and its id: those are made anew. */
function comparable(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const text = JSON.stringify(body)
    .replace(/timestamp = [\d-]+T[\d:]+\.\d{7}Z/, 'timestamp = {time}')
    .replace(/correlationId = [0-9a-f-]{36}/, 'correlationId = {id}');
  const value: object = JSON.parse(text);
  const token = '$skipToken' in value ? readSkipToken(String(value.$skipToken)) : undefined;
  return token === undefined ? value : { ...value, $skipToken: token };
}

/** What its authors cut out of a recording is left out of the answer as well. */
function cutDown({ what, answer }: Exchange, ours: unknown): unknown {
  const recorded = page.safeParse(answer.body).data?.data;
  const { data } = z.looseObject({ data: table }).safeParse(ours);
  if (!what.includes('Cut down') || data === undefined || recorded === undefined || Array.isArray(recorded))
    return ours;
  return { ...data, data: { ...data.data, rows: data.data.rows.slice(0, recorded.rows.length) } };
}
