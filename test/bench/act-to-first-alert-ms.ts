import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as elapsed } from 'node:timers/promises';
import { attack } from '../../local/attacks.ts';
import { startSink } from '../../local/demo/sink.ts';
import { people } from '../../local/estate.ts';
import { startLocalGuardian } from '../../local/guardian.ts';
import { findLocalAzure, outsideClient } from '../../local/outside-client.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { alikeVaults, numbered } from './estate.ts';
import { type Figure, figure, type Measurement, noTarget } from './figure.ts';

/** Six incidents of a vault would be a wave. */
const KEYS_OF_A_VAULT = 5;
const EVERY_MS = 5;
const LONGEST_MS = 60_000;

/**
 * How long it takes from the disablement of a key until a webhook has the first alert of it, in ms: the value that 99 of 100
 * acts do not exceed. Over the local host with its queues, one key after the other, in vaults in `alert`. What a sweep
 * waits for is left out: the hint that it would give comes with the act.
 */
export const actToFirstAlertMs: Measurement = {
  names: ['act-to-first-alert-ms'],
  measure: async () => [await measureFirstAlert(100)],
};

/** @param acts how many are measured, at least 1. Throws where one is not alerted within a minute */
export async function measureFirstAlert(acts: number): Promise<Figure> {
  const sink = await startSink();
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-bench-'));
  const vaults = alikeVaults(Math.ceil(acts / KEYS_OF_A_VAULT), KEYS_OF_A_VAULT);
  const running = await startLocalGuardian({
    estate: {
      vaults,
      identities: [...people],
      policy: { vaults: vaults.map(({ name }) => ({ name, mode: 'alert' })), channels: ['webhook'] },
    },
    ...{ folder, sweepSeconds: 300, behaviours: { auditDelayMs: HOUR_MS } },
    webhook: { url: sink.url, secret: sink.secret },
    write: () => {},
  });
  try {
    const azure = await findLocalAzure(folder);
    const keys = vaults.flatMap(({ name }) => numbered('disk', KEYS_OF_A_VAULT).map((key) => ({ vault: name, key })));
    const took: number[] = [];
    for (const { vault, key } of keys.slice(0, acts)) {
      const client = await outsideClient(azure, vault, 'attacker');
      await attack('disable', client, key);
      const from = performance.now();
      await running.guardian.ports.queues.inspections.send({
        subject: keyOf({ vault, key }),
        hints: [{ id: key, sense: 'sweep', sensedAt: new Date(), says: { kind: 'differs' } }],
        attempt: 0,
      });
      while (!sink.has('version-disabled', vault, key)) {
        if (performance.now() - from > LONGEST_MS) throw new Error(`Nobody was alerted of ${vault}/${key}.`);
        await elapsed(EVERY_MS);
      }
      took.push(performance.now() - from);
    }
    const p99 = took.toSorted((one, other) => one - other)[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN;
    return figure('act-to-first-alert-ms', p99, 'ms', noTarget);
  } finally {
    await running.stop();
    await sink.close();
  }
}
