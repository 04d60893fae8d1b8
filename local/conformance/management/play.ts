import { mock } from 'node:test';
import { createLocalAzure, type LocalAzure } from '../../azure/azure.ts';
import { resourcePath } from '../../azure/resource-manager/ids.ts';
import type { WireRequest } from '../../azure/types.ts';
import type { Difference } from '../compare.ts';
import type { Exchange } from '../recordings.ts';
import type { Replay } from '../replay.ts';
import { sentBody } from '../sent.ts';
import { compareManagement } from './compare.ts';
import { managementServed } from './served.ts';
import { managementOptions, managementStaging, resourcesShown } from './staging.ts';

/**
 * Holds the local Azure to the exchanges of one file with Resource Manager: each with a fresh one that holds what its answer
 * shows, those about the changes of a disk encryption set in their order with one.
 */
export async function playManagement(file: readonly Exchange[]): Promise<readonly Replay[]> {
  const isUntreated = file.some(({ answer }) => answer.allHeaders);
  const exchanges = isUntreated ? file.map(withAskedSubscription) : file;
  const isPlayedInOrder = file.some(
    ({ method, url }) => method !== 'GET' && /\/diskEncryptionSets\//i.test(url.pathname),
  );
  const azureFor = isPlayedInOrder ? oneAzure(exchanges) : freshAzure;
  const links = new Map<string, string>();
  const replays: Replay[] = [];
  for (const exchange of exchanges) {
    const served = managementServed(exchange);
    mock.timers.enable({ apis: ['Date'], now: dateOf(exchange) });
    try {
      const azure = azureFor(exchange);
      if (served.kind === 'not-served') {
        // What was done all the same is seen in what it answered.
        for (const { id, name, type, properties, ...rest } of resourcesShown(exchange))
          if (isPlayedInOrder) azure.resourceManager.resources.put({ ...rest, id, name, type, properties });
        replays.push({ kind: 'not-served', exchange, because: served.because });
        continue;
      }
      const request = managementRequest(exchange, azure, links);
      if (request === undefined) {
        replays.push({ kind: 'not-served', exchange, because: 'an operation that nothing here began' });
        continue;
      }
      replays.push({ kind: 'compared', exchange, differences: await asked(azure, exchange, request, links) });
    } finally {
      mock.timers.reset();
    }
  }
  return replays;
}

async function asked(
  azure: LocalAzure,
  exchange: Exchange,
  request: WireRequest,
  links: Map<string, string>,
): Promise<readonly Difference[]> {
  const answered = await azure.handle(request);
  for (const name of ['azure-asyncoperation', 'location']) {
    const recorded = exchange.answer.headers[name];
    const ours = answered.headers[name];
    if (recorded !== undefined && ours !== undefined) links.set(operationIn(recorded) + isMonitor(recorded), ours);
  }
  return compareManagement(exchange, answered);
}

/** In files whose answers are as on the wire the recorder replaced the subscription in requests alone: it stands for the one that the answer names. */
function withAskedSubscription(exchange: Exchange): Exchange {
  const { subscriptionId } = resourcePath(exchange.url.pathname);
  if (subscriptionId === undefined) return exchange;
  const text = JSON.stringify(exchange.answer.body).replaceAll(/(?<=\/subscriptions\/)[0-9a-f-]{36}/g, subscriptionId);
  return { ...exchange, answer: { ...exchange.answer, body: JSON.parse(text) } };
}

const operationIn = (url: string): string => /\/DiskOperations\/([0-9a-f-]{36})/i.exec(url)?.[1] ?? '';
const isMonitor = (url: string): string => (url.includes('monitor=true') ? ' result' : '');

/** One local Azure for all calls of a file. A set that the first call does not make was there before it. */
function oneAzure(file: readonly Exchange[]): (exchange: Exchange) => LocalAzure {
  let azure: LocalAzure | undefined;
  return () => {
    azure ??= azureWith(file, before(file));
    return azure;
  };
}

function before(file: readonly Exchange[]): Exchange {
  const [first] = file;
  if (first === undefined) throw new Error('A file has at least one exchange.');
  const tenant = file.find((exchange) => managementStaging(exchange).tenantId !== undefined) ?? first;
  return first.method === 'PUT' ? { ...tenant, answer: { ...tenant.answer, body: tenantOnly(tenant) } } : tenant;
}

/** Of a set that is made only the tenant is known before. */
const tenantOnly = (exchange: Exchange): unknown => {
  const { tenantId } = managementStaging(exchange);
  return tenantId === undefined ? '' : { id: '/x', name: 'x', type: 'x', properties: {}, identity: { tenantId } };
};

const freshAzure = (exchange: Exchange): LocalAzure => azureWith([exchange], exchange);

function azureWith(file: readonly Exchange[], from: Exchange): LocalAzure {
  const staging = managementStaging(from);
  const subscriptionIds = new Set(file.flatMap(({ url }) => resourcePath(url.pathname).subscriptionId ?? []));
  const deleted = file.filter(({ method }) => method === 'DELETE').slice(0, file[0]?.method === 'DELETE' ? 1 : 0);
  const resources = deleted.map(({ url }) => {
    const { path, name = '' } = resourcePath(url.pathname);
    const location = /\/locations\/([^/]+)\//.exec(deleted[0]?.answer.headers.location ?? '')?.[1] ?? '';
    return { id: path, name, type: 'Microsoft.Compute/diskEncryptionSets', location, properties: {} };
  });
  const missing = file.filter(({ answer }) => answer.status === 404).map(({ url }) => neighbour(url));
  const azure = createLocalAzure(
    managementOptions({ ...staging, resources: [...staging.resources, ...resources, ...missing] }, [
      ...subscriptionIds,
    ]),
  );
  if (staging.fault !== undefined) azure.fault(staging.fault);
  return azure;
}

/** Something else in the group of what is missing, so that the group is there. */
function neighbour(url: URL) {
  const { subscriptionId, resourceGroup } = resourcePath(url.pathname);
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/images/neighbour`;
  return { id, name: 'neighbour', type: 'Microsoft.Compute/images', location: 'westeurope', properties: {} };
}

/** Undefined for an operation that no call of this file began: only the service that gave its link knows it. */
function managementRequest(
  exchange: Exchange,
  azure: LocalAzure,
  links: ReadonlyMap<string, string>,
): WireRequest | undefined {
  const body = sentBody(exchange);
  const operation = operationIn(exchange.url.href);
  const link = operation === '' ? undefined : links.get(operation + isMonitor(exchange.url.href));
  if (operation !== '' && link === undefined) return undefined;
  const clientRequestId = exchange.answer.headers['x-ms-client-request-id'];
  return {
    method: exchange.method,
    url: link ?? exchange.url.href,
    headers: {
      authorization: `Bearer ${azure.token('recorded-client', { audience: 'https://management.azure.com' })}`,
      ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
    },
    body: body.kind === 'json' ? JSON.stringify(body.value) : '',
  };
}

function dateOf({ answer }: Exchange): Date {
  const date = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(date) ? new Date() : new Date(date);
}
