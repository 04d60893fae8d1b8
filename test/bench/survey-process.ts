/**
 * The surveying process by itself: bundled and started by survey-calls-over-formula.ts, told on standard input what to reach,
 * and telling on standard output what stayed alive. Resource Graph is that of the local Azure, over TLS; storage is in memory
 * and forgets what hangs on each key, as a process forgets it in Azure.
 */
import { lookup } from 'node:dns';
import { Agent } from 'node:https';
import { text } from 'node:stream/consumers';
import { createSecureContext } from 'node:tls';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { resourceGraph } from '../../shared/azure/resource-graph.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { graphOf } from '../../shared/estate/graph.ts';
import type { Ports } from '../../shared/ports.ts';
import { survey } from '../../shared/senses/survey/survey.ts';
import { fakeTable } from '../fakes/storage.ts';
import { type SurveyReport, type SurveyTask, surveyTask } from './survey-task.ts';
import { surveyor } from './surveyor.ts';

async function main(): Promise<void> {
  const { subscriptions, token, ...where } = surveyTask.parse(JSON.parse(await text(process.stdin)));
  let keys = 0;
  const uses = fakeTable({});
  const ports = surveyor(subscriptions, {
    graph: graphOf(
      resourceGraph({
        credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + HOUR_MS }) },
        identity: 'surveyor',
        httpClient: ledTo(where),
      }),
    ),
    uses: {
      ...uses,
      async insert(partition, row, data) {
        keys += 1;
        return { partition, row, etag: '1', data };
      },
    },
  });
  const before = liveBytes(ports);
  await survey({ askedAt: ports.now() }, ports);
  const report: SurveyReport = { liveGrowthBytes: liveBytes(ports) - before, keys };
  process.stdout.write(JSON.stringify(report));
}

/** What is alive on the heap and beside it once all garbage is collected, `held` and what it holds among it. */
function liveBytes(_held: Ports): number {
  if (globalThis.gc === undefined) throw new Error('This process has to be started with --expose-gc.');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The real client, led to the port where Resource Manager answers. */
function ledTo({ port, ca }: Pick<SurveyTask, 'port' | 'ca'>): HttpClient {
  const agent = new Agent({
    secureContext: createSecureContext({ ca }),
    port,
    keepAlive: true,
    lookup: (_, options, callback) => lookup('127.0.0.1', options, callback),
  });
  const plain = createDefaultHttpClient();
  return { sendRequest: (request) => plain.sendRequest(Object.assign(request, { agent })) };
}

void main();
