import { describe, expect, it } from 'vitest';
import { keyOf } from '../../shared/domain/subject.ts';
import { MINUTE_MS } from '../../shared/domain/time.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { host, records, incidents, isTold, send, quarantined } = guarded(['disk-web']);

describe('dead-lettered', () => {
  it.each(['sweeps', 'inspections', 'alerts'])(
    'quarantines what made the function of %s crash five times, records it and tells',
    async (queue) => {
      const crashing = { vault: VAULT, key: 'disk-web', said: `by ${queue}` };
      await send(`${queue}-poison`, crashing);
      await host().idle();
      const kept = (await records(OWN)).findLast(({ what }) => what === 'quarantined');
      expect(kept?.detail).toMatchObject({ because: 'it failed five times' });
      expect(JSON.parse((await quarantined(String(kept?.detail.document))) ?? '')).toEqual(crashing);
      const [told] = await incidents(OWN);
      expect(told).toMatchObject({ kind: 'guardian-unwell', reason: 'quarantined', state: 'open' });
      expect(await isTold(told)).toBe(true);
    },
  );

  it('tries again what only the audit log told of a key, a minute later', async () => {
    const by = { oid: 'somebody' };
    const says = { kind: 'refused', operation: 'KeyPurge', status: 403, by, at: new Date() };
    const hints = [{ id: 'of a purge', sense: 'audit-log', sensedAt: new Date(), says }];
    await send('inspections-poison', { subject: keyOf({ vault: VAULT, key: 'disk-web' }), hints, attempt: 0 });
    await host().idle();
    expect(await incidents(VAULT)).toEqual([]);
    await host().advance(MINUTE_MS, 5_000);
    expect(await incidents(VAULT)).toMatchObject([{ kind: 'purge-attempted', state: 'open', who: by }]);
  });

  it('quarantines whole what is nested too deep to be written the usual way', async () => {
    const { deadLettered } = await import('../../functions/dead-lettered.ts'); // with the app: it registers functions
    const deep = `{"list":["${'x'.repeat(200)}"],"x":${'['.repeat(15_000)}"needle"${']'.repeat(15_000)}}`;
    await deadLettered('inspections')(JSON.parse(deep));
    const kept = (await records(OWN)).findLast(({ what }) => what === 'quarantined');
    expect(await quarantined(String(kept?.detail.document))).toBe(deep);
  });
});
