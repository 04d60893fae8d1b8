import diagnostics from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import hostJson from '../../host.json' with { type: 'json' };
import { resetClock, stopClock } from '../../local/clock.ts';
import { costsBesides, counts, monthlyCosts } from '../../local/costs.ts';
import { daysAgo, people } from '../../local/estate.ts';
import { startLocalGuardian } from '../../local/guardian.ts';
import { CHUNK_VAULTS } from '../../shared/senses/sweep/schedule.ts';

const KEYS = 10;
const MINUTES = 5;
const MINUTE_MS = 60_000;

/** What a guardian does a minute while nothing happens. Polls of queues are left out: this host polls as it likes. */
interface Quiet {
  readonly vaultCalls: number;
  readonly tableCalls: number;
  readonly queueCalls: number;
  readonly blobCalls: number;
  /** By the first survey, which is made before. */
  readonly managementCalls: number;
  readonly auditEventBytes: number;
}

async function quiet(vaults: number): Promise<Quiet> {
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-costs-'));
  const names = Array.from({ length: vaults }, (_, number) => `contoso-${number}`);
  const versions = [300, 150].map((days) => ({
    created: daysAgo(days),
    updated: daysAgo(days),
    keyOps: ['wrapKey', 'unwrapKey'] as const,
  }));
  const keys = Array.from({ length: KEYS }, (_, number) => ({ name: `disk-${number}`, versions }));
  const running = await startLocalGuardian({
    estate: {
      vaults: names.map((name) => ({ name, region: 'westeurope', keys })),
      identities: people,
      policy: { vaults: names.map((name) => ({ name, mode: 'block' })), channels: ['console'] },
    },
    folder,
    sweepSeconds: 60,
    behaviours: { auditDelayMs: 0 },
    write: () => {},
  });
  const { host, azure, guardian } = running;
  if (host === undefined) throw new Error('The guardian runs unguarded.');
  const { RegisterStorage = '', TrailStorage = '' } = guardian.settings;
  const calls = { Blob: 0, Queue: 0, Table: 0 };
  const services = (['Blob', 'Queue', 'Table'] as const).flatMap((service) =>
    [RegisterStorage, TrailStorage].map((account) => {
      const [, address = ''] = new RegExp(`${service}Endpoint=http://([^/]+)/`).exec(account) ?? [];
      return { service, address };
    }),
  );
  const count = (event: unknown): void => {
    const { request } = event as { request: ClientRequest };
    const called = services.find(({ address }) => address === request.getHeader('host'));
    if (called !== undefined && !request.path.includes('numofmessages')) calls[called.service] += 1;
  };
  try {
    // The first minutes differ: clients are new, and so are the rows of sweeps.
    await host.advance(3 * MINUTE_MS, 5_000);
    const managementCalls = azure.resourceManager.log.filter(
      ({ identity, method, action }) =>
        identity === 'surveyor' && method === 'GET' && /diagnosticSettings|systemTopics/i.test(action ?? ''),
    ).length;
    azure.clearLog();
    const events: string[] = [];
    azure.onAuditRecords((_, { records }) => void events.push(...records.map((record) => JSON.stringify(record))));
    diagnostics.subscribe('http.client.request.start', count);
    await host.advance(MINUTES * MINUTE_MS, 5_000);
    diagnostics.unsubscribe('http.client.request.start', count);
    azure.flushAudit();
    return {
      vaultCalls: azure.log.length / MINUTES / vaults,
      tableCalls: calls.Table / MINUTES,
      queueCalls: calls.Queue / MINUTES,
      blobCalls: calls.Blob / MINUTES,
      managementCalls,
      auditEventBytes: events.join('').length / events.length,
    };
  } finally {
    diagnostics.unsubscribe('http.client.request.start', count);
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const OTHERS = 8;
let one: Quiet;
let more: Quiet;
beforeAll(async () => {
  stopClock();
  one = await quiet(1);
  more = await quiet(1 + OTHERS);
}, 300_000);
afterAll(resetClock);

describe('what a quiet guardian does a minute', () => {
  it('calls a vault as often as the page of costs says', () => {
    // A survey has found that nothing needs an older version.
    const said = counts.vaultCallsOfASweep.value;
    expect(one.vaultCalls).toBe(said);
    expect(more.vaultCalls).toBe(said);
  });

  // A tick may fall on either side of the end of the time that is measured.
  const isNear = (counted: number, said: number): boolean => Math.abs(counted / said - 1) < 0.05;

  it('calls tables and queues as often as the page of costs says, and no blob', () => {
    const tables = counts.tableCallsAMinute.value + counts.tableCallsOfASweep.value;
    expect(one.tableCalls).toSatisfy((counted) => isNear(counted, tables));
    const ofOthers = OTHERS * counts.tableCallsOfASweep.value;
    expect(more.tableCalls - one.tableCalls).toSatisfy((counted) => isNear(counted, ofOthers));
    const queues = counts.queueCallsAMinute.value + counts.queueCallsOfAChunk.value;
    for (const { queueCalls } of [one, more]) expect(queueCalls).toSatisfy((counted) => isNear(counted, queues));
    expect([one.blobCalls, more.blobCalls]).toEqual([0, 0]);
  });

  it('calls Resource Manager in a survey as often as the page of costs says, once for the subscription besides', () => {
    const said = counts.managementCallsOfASurvey.value;
    expect([one.managementCalls, more.managementCalls]).toEqual([said + 1, (1 + OTHERS) * said + 1]);
  });

  it('causes audit events as large as the page of costs says, to a tenth', () => {
    expect(Math.abs(more.auditEventBytes / counts.auditEventBytes.value - 1)).toBeLessThan(0.1);
  });
});

describe('a number that the page of costs has from elsewhere', () => {
  const textOf = (file: string): string => readFileSync(new URL(`../../infra/${file}`, import.meta.url), 'utf8');

  it('is that of the code, of host.json and of the templates', () => {
    expect(counts.vaultsInAChunk.value).toBe(CHUNK_VAULTS);
    expect(hostJson.extensions.queues.maxPollingInterval).toBe('00:00:01');
    const [, ready = ''] = /alwaysReadyFunctions = \[(.*)\]/.exec(textOf('main.bicep')) ?? [];
    expect(ready.split(',')).toHaveLength(counts.readyFunctions.value);
    expect(textOf('main.bicep')).toContain(`alwaysReadyInstances: empty(inBlock) ? 1 : ${counts.readyInstances.value}`);
    expect(textOf('main.bicep')).toContain(`4096 = ${counts.instanceGb.value * 1_024}\n`);
    const [, metrics = ''] = /for metric in \[(.*)\]/.exec(textOf('modules/events.bicep')) ?? [];
    expect(metrics.split(',')).toHaveLength(counts.metricRulesOfAVault.value);
    expect(textOf('modules/alerts.bicep').match(/query: loadTextContent/g)).toHaveLength(counts.logRules.value);
  });
});

describe('what a month costs', () => {
  const usual = { vaults: 100, keysInEach: 10, olderInUse: true };

  it('is counted as one would by hand', () => {
    const costs = monthlyCosts(usual);
    // 100 vaults, 12 calls, 43,800 minutes, at 3 cents for 10,000.
    expect(costs['Calls of guarded vaults']).toBeCloseTo(157.68, 2);
    // 4 functions, 2 instances of 2 GB, 2,628,000 seconds.
    expect(costs['Always-ready instances']).toBeCloseTo(159.78, 2);
    expect(Object.values(costsBesides(100))).toEqual([21.9, expect.closeTo(773.8, 1)]);
  });

  it('is less where nothing needs an older version', () => {
    const hourly = monthlyCosts({ ...usual, olderInUse: false });
    expect(hourly['Calls of guarded vaults']).toBeCloseTo((157.68 * (2 + 10 / 60)) / 12, 2);
  });
});
