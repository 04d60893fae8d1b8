import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import roles from '../../infra/roles.json' with { type: 'json' };
import { createLocalAzure, type LocalAzure } from '../../local/azure/azure.ts';
import { guardianIdentities } from '../../local/azure/guardian-identities.ts';
import { listenOnTls } from '../../local/azure/tls.ts';
import { bundle } from '../../local/build.ts';
import { resetClock, stopClock, turnClock } from '../../local/clock.ts';
import { type LargeEstate, type LargeEstateSize, largeEstate } from '../../local/large-estate.ts';
import { resourceGraph } from '../../shared/azure/resource-graph.ts';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import { graphOf } from '../../shared/estate/graph.ts';
import { survey } from '../../shared/senses/survey/survey.ts';
import { atMost, exactly, type Figure, figure, type Measurement } from './figure.ts';
import { type SurveyReport, type SurveyTask, surveyReport } from './survey-task.ts';
import { surveyor } from './surveyor.ts';

const PAGE = 1_000;
const MIB = 1024 * 1024;
/** What one answer of Resource Graph, and one call of storage, takes of the turned clock, in ms. */
const ANSWER_MS = 1_000;
const STORAGE_MS = 20;
/** Vaults whose rows are written at the same time. */
const VAULTS_AT_ONCE = 8;

/**
 * What a first survey costs, of 1,000 vaults, 20,000 keys, 5,000 sets, 200,000 disks and 50,000 machines: its queries over
 * those of the formula, the sum over all queries of max(1, ceil(rows / 1,000)); how long it takes on the turned clock, on
 * which an answer takes a second, a call of storage 20 ms, and the quota of 15 queries in 5 s is kept; and by how much more
 * is alive in the surveying process afterwards. For the last, the survey is made again in a process of its own, bundled as
 * the app is, that reaches the local Azure over its TLS port, without the quota.
 */
export const surveyCallsOverFormula: Measurement = {
  names: ['survey-calls-over-formula', 'survey-minutes', 'survey-live-growth-mib'],
  measure: () =>
    measureSurvey({
      ...{ subscriptions: 10, vaults: 1_000, keys: 20_000 },
      ...{ sets: 5_000, disks: 200_000, machines: 50_000 },
    }),
};

export async function measureSurvey(size: LargeEstateSize): Promise<readonly Figure[]> {
  const estate = largeEstate(size);
  const azure = createLocalAzure({
    vaults: estate.vaults,
    resources: estate.resources,
    identities: guardianIdentities(roles, []),
    seed: 1,
  });
  const { calls, minutes } = await onTurnedClock(azure, estate);
  azure.behaviours.throttling = false;
  const { liveGrowthBytes, keys } = await elsewhere(azure, estate);
  const used = Math.min(size.sets, size.keys);
  if (keys !== used) throw new Error(`The survey kept what hangs on ${keys} keys of ${used}.`);
  return [
    figure('survey-calls-over-formula', calls / formula(size), 'times', exactly(1)),
    figure('survey-minutes', minutes, 'minutes', atMost(15)),
    figure('survey-live-growth-mib', liveGrowthBytes / MIB, 'MiB', atMost(128)),
  ];
}

/** One query has no rows here or fewer than a page: images, scale sets, storage accounts, SQL servers, roles, assignments. */
function formula({ subscriptions, vaults, sets, disks, machines }: LargeEstateSize): number {
  const small = 6;
  return [subscriptions, vaults, sets, disks, machines].reduce(
    (sum, rows) => sum + Math.max(1, Math.ceil(rows / PAGE)),
    small,
  );
}

async function onTurnedClock(azure: LocalAzure, { subscriptionIds }: LargeEstate) {
  stopClock();
  try {
    const graph = graphOf(
      resourceGraph({
        credential: azure.credential('surveyor'),
        identity: 'surveyor',
        sleep: async (ms) => turnClock(ms),
        httpClient: {
          sendRequest(request) {
            turnClock(ANSWER_MS);
            return azure.httpClient.sendRequest(request);
          },
        },
      }),
    );
    const ports = surveyor(subscriptionIds, {
      graph,
      beforeStorage: async () => turnClock(STORAGE_MS / VAULTS_AT_ONCE),
    });
    const from = Date.now();
    await survey({ askedAt: ports.now() }, ports);
    if ((await ports.tables.surveys.list()).stored.every(({ value }) => value.lastGoodAt === undefined))
      throw new Error('The survey did not come to a good end.');
    const calls = azure.resourceManager.log.filter(({ status }) => status !== 401).length;
    return { calls, minutes: (Date.now() - from) / MINUTE_MS };
  } finally {
    resetClock();
  }
}

/** Throws where the surveying process does not come to its end. */
async function elsewhere(azure: LocalAzure, { subscriptionIds }: LargeEstate): Promise<SurveyReport> {
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-bench-'));
  const listener = await listenOnTls(azure);
  try {
    const surveying = join(folder, 'survey-process.cjs');
    await bundle('test/bench/survey-process.ts', surveying);
    const child = spawn(process.execPath, ['--expose-gc', surveying], { stdio: ['pipe', 'pipe', 'inherit'] });
    const token = await azure.credential('surveyor').getToken('https://management.azure.com/.default');
    const task: SurveyTask = {
      port: listener.port,
      ca: listener.caCertificatePem,
      token: token?.token ?? '',
      subscriptions: [...subscriptionIds],
    };
    child.stdin.end(JSON.stringify(task));
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const [told, status] = await Promise.all([text(child.stdout), ended]);
    if (status !== 0) throw new Error(`The surveying process ended with status ${status}.`);
    return surveyReport.parse(JSON.parse(told));
  } finally {
    await listener.close();
    await rm(folder, { recursive: true, force: true });
  }
}
