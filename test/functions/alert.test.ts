import { createHmac } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Received, startSink } from '../shared/alerts/sink.ts';
import { guarded, VAULT } from './guarded.ts';

const secret = 'a secret of sixteen or more characters';
const sink = await startSink();
const written: string[] = [];
const { host, as, records, incidents, send, setAside } = guarded(['disk-web', 'disk-app'], {
  webhook: { url: sink.address, secret },
  write: (text) => void written.push(text),
});
afterAll(() => sink.close());
beforeEach(() => {
  sink.answer = { status: 202 };
});

const body = z.object({
  event: z.string(),
  title: z.string(),
  incident: z.object({ kind: z.string(), revision: z.number(), subject: z.object({ key: z.string().optional() }) }),
});

const alerts = (key: string) =>
  sink.received
    .map((each) => ({ ...body.parse(JSON.parse(each.body)), signed: isSigned(each) }))
    .filter(({ incident }) => incident.subject.key === key);

/** As a receiver checks it: HMAC-SHA256 over timestamp, full stop and the raw body. */
function isSigned({ headers, body: raw }: Received): boolean {
  const wanted = createHmac('sha256', secret)
    .update(`${String(headers['x-key-guardian-timestamp'])}.${raw}`)
    .digest('hex');
  return headers['x-key-guardian-signature'] === `v1=${wanted}`;
}

async function disabledAndSeen(key: string): Promise<void> {
  await as('attacker').disable(VAULT, key);
  await send('inspections', { vault: VAULT, key, hints: [], attempt: 0 });
  await host().idle();
}

const outcomes = async (key: string) =>
  (await records(VAULT))
    .filter(({ what, subject, detail }) => what === 'alert' && subject.key === key && detail.channel === 'webhook')
    .map(({ detail }) => [detail.event, detail.outcome]);

describe('alert', () => {
  it('hands what happened to the webhook, signed, and to the second channel where it is critical', async () => {
    await disabledAndSeen('disk-web');
    expect(alerts('disk-web').map(({ event, signed }) => [event, signed])).toEqual(
      expect.arrayContaining([
        ['opened', true],
        ['resolved', true],
      ]),
    );
    expect(alerts('disk-web').every(({ signed, incident }) => signed && incident.kind === 'version-disabled')).toBe(
      true,
    );
    expect(written.join('\n')).toContain(`${VAULT}/disk-web`);
    expect(await outcomes('disk-web')).toContainEqual(['opened', 'handed-over']);
  });

  it('loses nothing where the webhook refuses: it comes again, and the trail tells of both', async () => {
    sink.answer = { status: 503 };
    await disabledAndSeen('disk-app');
    expect(await outcomes('disk-app')).toContainEqual(['opened', 'refused']);
    sink.answer = { status: 202 };
    await host().advance(10_000);
    expect(await outcomes('disk-app')).toContainEqual(['opened', 'handed-over']);
    expect(host().failures).toEqual([]);
  });

  it('writes neither address nor secret into the trail', async () => {
    const text = JSON.stringify(await records(VAULT));
    expect(text).not.toContain(secret);
    expect(text).not.toContain('path-nobody-knows');
  });

  it('sets a message aside that it cannot read, and tells of it', async () => {
    await send('alerts', { event: 'opened' });
    await host().idle();
    const kept = (await records('-')).find(({ what }) => what === 'set-aside');
    expect(await setAside(String(kept?.detail.document))).toBe('{"event":"opened"}');
    expect(await incidents('-')).toEqual([expect.objectContaining({ kind: 'set-aside', toldRevision: 1 })]);
    expect(sink.received.map((each) => body.parse(JSON.parse(each.body)).incident.kind)).toContain('set-aside');
  });
});
