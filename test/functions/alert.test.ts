import { createHmac } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keyOf } from '../../shared/domain/subject.ts';
import { type Received, startSink } from '../shared/alerts/sink.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const secret = 'a secret of sixteen or more characters';
const sink = await startSink();
const written: { readonly text: string; readonly level: string }[] = [];
const { host, as, records, incidents, isTold, send, quarantined } = guarded(['disk-web', 'disk-app'], {
  webhook: { url: sink.address, secret },
  write: (text, level) => void written.push({ text, level }),
});
afterAll(() => sink.close());
beforeEach(() => {
  sink.answer = { status: 202 };
});

const body = z
  .object({
    data: z.object({
      event: z.string(),
      title: z.string(),
      incident: z.object({ kind: z.string(), revision: z.number(), subject: z.object({ key: z.string().optional() }) }),
    }),
  })
  .transform(({ data }) => data);

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

async function disabledAndInspected(key: string): Promise<void> {
  await as('attacker').disable(VAULT, key);
  await send('inspections', { subject: keyOf({ vault: VAULT, key }), hints: [], attempt: 0 });
  await host().idle();
}

const outcomes = async (key: string) =>
  (await records(VAULT))
    .filter(
      ({ what, subject, detail }) =>
        what === 'alert' && 'key' in subject && subject.key === key && detail.channel === 'webhook',
    )
    .map(({ detail }) => [detail.event, detail.outcome]);

describe('alert', () => {
  it('sends what happened to the webhook, signed, and to the log of the app', async () => {
    await disabledAndInspected('disk-web');
    expect(alerts('disk-web')).toMatchObject([
      { event: 'resolved', signed: true, incident: { kind: 'version-disabled' } },
    ]);
    // As the host gets them: one record each, with its level.
    const ofKey = written.filter(({ text }) => text.includes(`${VAULT}/disk-web`));
    expect(ofKey.map(({ text, level }) => [text.split(':')[0], level])).toEqual([['resolved', 'information']]);
    expect(await outcomes('disk-web')).toContainEqual(['resolved', 'accepted']);
  });

  it('loses nothing where the webhook refuses: it comes again, and the trail tells of both', async () => {
    sink.answer = { status: 503 };
    await disabledAndInspected('disk-app');
    expect(await outcomes('disk-app')).toContainEqual(['resolved', 'refused']);
    sink.answer = { status: 202 };
    await host().advance(10_000);
    expect(await outcomes('disk-app')).toContainEqual(['resolved', 'accepted']);
    expect(host().failures).toEqual([]);
  });

  it('tells operators of a channel that goes on refusing, until it accepts the alert of that', async () => {
    sink.answer = { status: 410 };
    await as('attacker').disable(VAULT, 'disk-app');
    await send('inspections', { subject: keyOf({ vault: VAULT, key: 'disk-app' }), hints: [], attempt: 0 });
    await host().advance(180_000, 5_000);
    const failing = async () => (await incidents(OWN)).filter(({ reason }) => reason === 'channel-failing');
    expect(await failing()).toMatchObject([
      {
        state: 'open',
        summary: expect.stringMatching(/^Alerts do not get through by webhook since .* \(status 410\)\./),
      },
    ]);
    expect(written.some(({ text }) => text.includes('Alerts do not get through by webhook'))).toBe(true);
    sink.answer = { status: 202 };
    await host().advance(400_000, 10_000);
    expect(await failing()).toMatchObject([{ state: 'resolved' }]);
  });

  it('writes neither address nor secret into the trail', async () => {
    const text = JSON.stringify(await records(VAULT));
    expect(text).not.toContain(secret);
    expect(text).not.toContain('path-nobody-knows');
  });

  it('quarantines a message that it cannot read, and tells of it', async () => {
    await send('alerts', { event: 'opened' });
    await host().idle();
    const kept = (await records(OWN)).find(({ what }) => what === 'quarantined');
    expect(await quarantined(String(kept?.detail.document))).toBe('{"event":"opened"}');
    const told = (await incidents(OWN)).find(({ reason }) => reason === 'quarantined');
    expect(told).toMatchObject({ kind: 'guardian-unwell' });
    expect(await isTold(told)).toBe(true);
    expect(sink.received.map((each) => body.parse(JSON.parse(each.body)).incident.kind)).toContain('guardian-unwell');
  });
});
