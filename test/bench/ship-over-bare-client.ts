import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { trailTable } from '../../shared/azure/log-analytics.ts';
import { shipCursor } from '../../shared/domain/workspace.ts';
import { rowsOf } from '../../shared/register/rows.ts';
import { type ShipNeeds, ship } from '../../shared/trail/ship.ts';
import { newSigningKey } from '../fakes/signing-key.ts';
import { fakeTable } from '../fakes/storage.ts';
import { atMost, type Figure, figure, type Measurement, median } from './figure.ts';
import { madeTrail, type TrailSize } from './made-trail.ts';
import { TRAIL_ADDRESS } from './monitored.ts';

/**
 * What sending the trail to its table costs: the CPU time of reading 10,000 records of 10 streams from memory, sending them
 * and noting cursors, over that of the bare client that parses the same lines and sends them as they are, in turns; the median. A
 * service that takes everything stands at the other end.
 */
export const shipOverBareClient: Measurement = {
  names: ['ship-over-bare-client'],
  measure: async () => [await measureShip({ vaults: 10, days: 1, recordsInEach: 1_000 }, 7)],
};

/** @param rounds after a first one of each that is not counted */
export async function measureShip(size: TrailSize, rounds: number): Promise<Figure> {
  const { source } = await madeTrail(size, newSigningKey());
  const files = new Map<string, Buffer>();
  for (const name of await source.list('audit/'))
    files.set(name, Buffer.concat(await Array.fromAsync(source.read(name))));
  const texts = [...files.values()].map((bytes) => bytes.toString('utf8'));
  const sent = { calls: 0 };
  const connection = { credential: anyToken, httpClient: takesAll(sent) };
  const table = trailTable(TRAIL_ADDRESS, connection);
  const client = new LogsIngestionClient(TRAIL_ADDRESS.endpoint, anyToken, connection);
  const changedAt = new Date('2031-03-02T00:00:00.000Z');
  const ways = {
    async ship() {
      const needs: ShipNeeds = {
        streams: {
          changes: async (prefix) =>
            [...files.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name, changedAt })),
          bytes: async (name, from, until) => files.get(name)?.subarray(from, until),
        },
        table,
        cursors: rowsOf('workspaces', fakeTable(), shipCursor),
        now: () => changedAt,
        refused: async (line) => Promise.reject(new Error(`Refused: ${line}`)),
      };
      for (let isAll = false; !isAll; ) ({ isAll } = await ship(new Date(0), needs));
    },
    async bare() {
      for (const text of texts) {
        const lines = text.split('\n').slice(0, -1);
        await client.upload(
          TRAIL_ADDRESS.rule,
          TRAIL_ADDRESS.stream,
          lines.map((line) => JSON.parse(line)),
        );
      }
    },
  };
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const took = { ship: 0, bare: 0 };
    for (const way of round % 2 === 0 ? (['ship', 'bare'] as const) : (['bare', 'ship'] as const)) {
      sent.calls = 0;
      const from = process.cpuUsage();
      await ways[way]();
      const { user, system } = process.cpuUsage(from);
      if (sent.calls === 0) throw new Error('Nothing was sent.');
      took[way] = user + system;
    }
    if (round > 0) ratios.push(took.ship / took.bare);
  }
  return figure('ship-over-bare-client', median(ratios), 'times', atMost(1.5));
}

const anyToken = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Date.now() + 3_600_000 }) };

/** The other end of every call: it takes what comes. */
const takesAll = (sent: { calls: number }): HttpClient => ({
  async sendRequest(request) {
    sent.calls += 1;
    return { request, status: 204, headers: createHttpHeaders() };
  },
});
