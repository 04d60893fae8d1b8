import { describe, expect, it } from 'vitest';
import { keyOf } from '../../shared/domain/subject.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { running, host, as, records, incidents, isTold, send, quarantined } = guarded(['disk-web', 'disk-app']);

const HOUR_MS = 3_600_000;
const inspection = { subject: keyOf({ vault: VAULT, key: 'disk-web' }), hints: [], attempt: 0 };
const changes = () =>
  running().azure.log.filter(({ identity, changed, key }) => identity === 'keeper' && changed && key === 'disk-web');

describe('inspect', () => {
  it('undoes once what ten messages at once tell of', async () => {
    await as('attacker').disable(VAULT, 'disk-web');
    await Promise.all(Array.from({ length: 10 }, () => send('inspections', inspection)));
    // Messages that met another worker's claim come back five seconds later.
    await host().advance(10_000);
    expect(changes()).toHaveLength(1);
    expect(running().azure.state(VAULT, 'disk-web')).toMatchObject({ versions: [{ enabled: true }] });
    expect(await incidents(VAULT)).toEqual([
      expect.objectContaining({ kind: 'version-disabled', state: 'resolved', judgement: 'undone' }),
    ]);
  });

  it('finds nothing to do when it inspects again', async () => {
    const recorded = (await records(VAULT)).length;
    const changed = changes().length;
    await send('inspections', inspection);
    await host().idle();
    expect(changes()).toHaveLength(changed);
    expect(await records(VAULT)).toHaveLength(recorded);
  });

  it.each([
    { kind: 'killed', atStep: 1 },
    { kind: 'killed', atStep: 8 },
    { kind: 'killed', atStep: 20 },
    { kind: 'killed', atStep: 40 },
    { kind: 'not-deleted' },
  ] as const)('undoes once where the platform interrupts it on the way: %o', async (interruption) => {
    const changed = running().azure.log.length;
    const before = host().interrupted.length;
    host().interrupt('inspect', interruption, 'disk-app');
    await as('attacker').disable(VAULT, 'disk-app');
    const app = { ...inspection, subject: keyOf({ vault: VAULT, key: 'disk-app' }) };
    await send('inspections', app);
    await host().idle();
    expect(host().interrupted.length).toBe(before + 1);
    // As the next sweep would.
    await host().advance(60_000, 5_000);
    await send('inspections', app);
    await host().advance(60_000, 5_000);
    expect(running().azure.state(VAULT, 'disk-app')).toMatchObject({ versions: [{ enabled: true }] });
    // The interrupted message comes again.
    await host().advance(HOUR_MS, 300_000);
    const writes = running()
      .azure.log.slice(changed)
      .filter((each) => each.identity === 'keeper' && each.changed);
    expect(writes).toHaveLength(1);
    expect((await incidents(VAULT)).filter(({ state }) => state === 'open')).toEqual([]);
  });

  it('leaves a vault alone that the policy does not name', async () => {
    running().azure.clearLog();
    await send('inspections', { ...inspection, subject: keyOf({ vault: 'fabrikam-disks', key: 'disk-web' }) });
    await host().idle();
    expect(running().azure.log).toEqual([]);
  });

  it.each([
    ['no JSON', 'inspect disk-web, please'],
    ['a number', 12],
    ['an object without a subject', { hints: [] }],
    ['about a subject of no kind that there is', { subject: { kind: 'moon', id: '1' }, hints: [] }],
    ['hints of another kind', { ...inspection, hints: [{ id: '1', sense: 'a dream', sensedAt: 'now', says: {} }] }],
  ])('quarantines a message that is %s: whole, recorded, told, and not dead-lettered', async (_, message) => {
    await send('inspections', message);
    await host().idle();
    const kept = (await records(OWN)).findLast(({ what }) => what === 'quarantined');
    const document = String(kept?.detail.document);
    expect(document).toContain('/inspect/');
    expect(await quarantined(document)).toBe(JSON.stringify(message));
    const [told] = await incidents(OWN);
    expect(told).toMatchObject({ reason: 'quarantined', state: 'open', summary: expect.stringContaining('/inspect/') });
    expect(await isTold(told)).toBe(true);
    expect(host().poisoned).toEqual([]);
  });
});
