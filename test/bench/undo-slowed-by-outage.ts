import { setTimeout as elapsed } from 'node:timers/promises';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { resetClock, turnClock } from '../../local/clock.ts';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { queryWhenDue } from '../../shared/senses/audit-query.ts';
import { shipWhenDue } from '../../shared/senses/ship-trail.ts';
import { scheduleOf } from '../../shared/senses/sweep/schedule.ts';
import { numbered } from './estate.ts';
import { atMost, type Figure, figure, type Measurement, median } from './figure.ts';
import { monitored } from './monitored.ts';
import { injectedLatency, undo } from './undo-disable-round-trips.ts';

/** What each call of storage, of the vault and of the workspace costs, in ms: so much that a busy machine hardly counts. */
const CALL_MS = 100;
/** Longer than any turn of shipping or of a query is apart from the next, in ms. */
const NEXT_TURN_MS = 3 * MINUTE_MS;

/**
 * How much longer an undo takes while the workspace does not answer: the time from the message in hand to the vault's answer
 * to the write, every call of storage, vault and workspace 100 ms long, begun while records are being sent and the workspace
 * is being asked. In turn with a workspace that answers and with one that does not, median of 7 over median of 7.
 */
export const undoSlowedByOutage: Measurement = {
  names: ['undo-slowed-by-outage'],
  measure: async () => [await measureUndoSlowed(7)],
};

/** @param undos of each kind, after one of each that is not counted */
export async function measureUndoSlowed(undos: number): Promise<Figure> {
  const keys = numbered('disk', 2 * (undos + 1));
  const { running, trips } = await injectedLatency(keys.length, CALL_MS);
  const asked = signal();
  const { azure } = running;
  const ports: Ports = { ...running.ports, ...monitored(azure, slow(azure.httpClient, asked.give)) };
  const tookMs = { usual: [] as number[], outage: [] as number[] };
  try {
    for (const [at, key] of keys.entries()) {
      const kind = at % 2 === 0 ? 'usual' : 'outage';
      const faults =
        kind === 'usual'
          ? []
          : (['send', 'query'] as const).map((of) => azure.monitor.fault(of, { kind: 'unreachable' }));
      turnClock(NEXT_TURN_MS);
      const schedule = scheduleOf((await ports.tables.schedule.list()).stored);
      const begun = asked.next();
      const turn = Promise.all([shipWhenDue(schedule, ports), queryWhenDue(schedule, ports)]);
      await begun;
      const { tookMs: took } = await undo(key, { ...running, ports }, trips);
      await turn;
      for (const remove of faults) remove();
      if (at >= 2) tookMs[kind].push(took);
    }
    const statuses = new Set(azure.monitor.log.map(({ kind, status }) => `${kind} ${status}`));
    if (!statuses.has('send 204') || !statuses.has('query 200')) throw new Error('The workspace was never reached.');
    return figure('undo-slowed-by-outage', median(tookMs.outage) / median(tookMs.usual), 'times', atMost(1.05));
  } finally {
    resetClock();
  }
}

/** A client whose calls take their time, answered or not. */
const slow = (client: HttpClient, onCall: () => void): HttpClient => ({
  async sendRequest(request) {
    onCall();
    await elapsed(CALL_MS);
    return client.sendRequest(request);
  },
});

/** Something that is waited for again and again. */
function signal(): { readonly give: () => void; readonly next: () => Promise<void> } {
  let give = (): void => {};
  return {
    give: () => give(),
    next: () =>
      new Promise((resolve) => {
        give = resolve;
      }),
  };
}
