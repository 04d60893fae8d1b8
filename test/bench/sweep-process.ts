/**
 * The sweeping process by itself: bundled and started by sweep-calls-over-formula.ts, told on standard input what to reach,
 * and telling on standard output how large it became and what stayed alive. It composes the guardian as the app does, with the real storage clients; only
 * the vaults' hosts lead to a port of the loopback address.
 */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as elapsed } from 'node:timers/promises';
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { portsOf } from '../../shared/compose.ts';
import { readSettings } from '../../shared/config.ts';
import { guardedVaults } from '../../shared/domain/policy.ts';
import { scheduledMessage } from '../../shared/domain/schedule.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { inTurns } from '../../shared/in-turns.ts';
import type { Ports } from '../../shared/ports.ts';
import { received } from '../../shared/senses/received.ts';
import { CHUNK_VAULTS, planSweeps, scheduleOf } from '../../shared/senses/sweep/schedule.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import { ledTo } from './led-to.ts';
import { liveBytes } from './live-bytes.ts';
import { type SweepReport, type SweepTask, sweepTask } from './sweep-task.ts';

/** As many messages as the Functions host hands to one instance at once: host.json's batchSize, and half of it again. */
const AT_ONCE = 24;
const POLL_MS = 20;
/** How far the clock is turned between two sweeps of a vault: enough to make each vault's sweep overdue, too little for a full read. */
const BETWEEN_SWEEPS_MS = HOUR_MS / 6;

async function main(): Promise<void> {
  const liveGrowthBytes = await sweepAll(sweepTask.parse(JSON.parse(await text(process.stdin))));
  const report: SweepReport = { liveGrowthBytes, peakRssBytes: peakRssBytes() };
  process.stdout.write(JSON.stringify(report));
}

/** Sweeps every vault as often as it is told. Gives by how much more is alive afterwards than when nothing was swept yet. */
async function sweepAll({ settings: given, vaults, sweeps, token, ...where }: SweepTask): Promise<number> {
  const settings = readSettings(given);
  let aheadMs = 0;
  const ports = portsOf(
    settings,
    {
      vaultHttpClient: ledTo(where),
      credential: () => ({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + HOUR_MS }) }),
      now: () => new Date(Date.now() + aheadMs),
      fetch: (address, request) => fetch(address, request),
    },
    [],
  );
  const queue = storageClients({ kind: 'connection-string', value: settings.RegisterStorage ?? '' }).queue('sweeps');
  const before = liveBytes(ports);
  for (let round = 0; round < sweeps; round += 1) {
    await planSweeps(guardedVaults(ports.policy), 0, scheduleOf((await ports.tables.schedule.list()).stored), ports);
    await inTurns(
      AT_ONCE,
      Array.from({ length: Math.ceil(vaults / CHUNK_VAULTS) }, (_, at) => at),
      () => sweepNext(queue, ports),
    );
    aheadMs += BETWEEN_SWEEPS_MS;
  }
  return liveBytes(ports) - before;
}

async function sweepNext(queue: QueueClient, ports: Ports): Promise<void> {
  const message = await nextOf(queue);
  const body: unknown = JSON.parse(Buffer.from(message.messageText, 'base64').toString('utf8'));
  await received('sweep', scheduledMessage, body, ports, takeScheduled);
  await queue.deleteMessage(message.messageId, message.popReceipt);
}

async function nextOf(queue: QueueClient): Promise<DequeuedMessageItem> {
  for (;;) {
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 1, visibilityTimeout: 600 });
    const [message] = receivedMessageItems;
    if (message !== undefined) return message;
    await elapsed(POLL_MS);
  }
}

/**
 * The largest this process ever was. Linux carries `maxRSS` over from the process that started this one, which is larger;
 * the mark of its own memory begins anew.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
function peakRssBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

void main();
