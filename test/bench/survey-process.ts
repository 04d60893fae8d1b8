/**
 * The surveying process by itself: bundled and started by survey-calls-over-formula.ts, told on standard input what to reach,
 * and telling on standard output what stayed alive. Resource Graph is that of the local Azure, over TLS; storage is in memory
 * and forgets what hangs on each key, as a process forgets it in Azure.
 */
import { text } from 'node:stream/consumers';
import { resourceGraph } from '../../shared/azure/resource-graph.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { graphOf } from '../../shared/estate/graph.ts';
import { survey } from '../../shared/senses/survey/survey.ts';
import { fakeTable } from '../fakes/storage.ts';
import { ledTo } from './led-to.ts';
import { liveBytes } from './live-bytes.ts';
import { type SurveyReport, surveyTask } from './survey-task.ts';
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

void main();
