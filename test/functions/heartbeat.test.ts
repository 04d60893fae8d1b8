import { createHmac } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import { startSink } from '../shared/alerts/sink.ts';
import { guarded, VAULT } from './guarded.ts';

const secret = 'a secret of sixteen or more characters';
const sink = await startSink();
afterAll(() => sink.close());
const logged: string[] = [];
const { host, running } = guarded(['disk-web'], {
  sweepSeconds: 60,
  alertSettings: { KEY_GUARDIAN_HEARTBEAT_URL: sink.address, KEY_GUARDIAN_HEARTBEAT_SECRET: secret },
  log: (line) => void logged.push(line),
});
const BEAT = 'Heartbeat: 1 of 1 vaults were swept lately.';
const count = (line: string): number => logged.filter((one) => one === line).length;

describe('heartbeat', () => {
  it('is logged, and sent outside with its signature, every five minutes', async () => {
    await host().advance(10 * MINUTE_MS, 5_000);
    expect(count(BEAT)).toBe(2);
    expect(sink.received.map(({ body }) => JSON.parse(body))).toEqual(
      Array.from({ length: 2 }, () => ({
        ...{ version: 1, at: expect.any(String), vaults: 1, swept: 1, blind: 0 },
        sensesAgoSeconds: { sweep: expect.any(Number), survey: expect.any(Number) },
      })),
    );
    for (const { headers, body } of sink.received) {
      const wanted = createHmac('sha256', secret)
        .update(`${String(headers['x-key-guardian-timestamp'])}.${body}`)
        .digest('hex');
      expect(headers['x-key-guardian-signature']).toBe(`v1=${wanted}`);
    }
  });

  it('ends while no vault is swept, and an error is logged', async () => {
    running().azure.fault({ match: { vault: VAULT }, answer: { kind: 'forbidden-by-firewall' } });
    await host().advance(10 * MINUTE_MS, 5_000);
    expect(count('No heartbeat: none of 1 vaults was swept lately.')).toBeGreaterThan(0);
    expect(sink.received.length).toBeLessThan(4);
  });
});
