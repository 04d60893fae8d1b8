import { describe, expect, it } from 'vitest';
import { guarded, VAULT } from './guarded.ts';

const { running, host, as, records, incidents, send, setAside } = guarded(['disk-web', 'disk-app']);

const look = { vault: VAULT, key: 'disk-web', hints: [], attempt: 0 };
const changes = () =>
  running().azure.log.filter(({ identity, changed, key }) => identity === 'keeper' && changed && key === 'disk-web');

describe('inspect', () => {
  it('undoes once what ten messages at once tell of', async () => {
    await as('attacker').disable(VAULT, 'disk-web');
    await Promise.all(Array.from({ length: 10 }, () => send('inspections', look)));
    // Messages that met another worker's claim come back five seconds later.
    await host().advance(10_000);
    expect(changes()).toHaveLength(1);
    expect(running().azure.state(VAULT, 'disk-web')).toMatchObject({ versions: [{ enabled: true }] });
    expect(await incidents(VAULT)).toEqual([
      expect.objectContaining({ kind: 'version-disabled', state: 'resolved', judgement: 'undone' }),
    ]);
  });

  it('finds nothing to do when it looks again', async () => {
    const recorded = (await records(VAULT)).length;
    const changed = changes().length;
    await send('inspections', look);
    await host().idle();
    expect(changes()).toHaveLength(changed);
    expect(await records(VAULT)).toHaveLength(recorded);
  });

  it('leaves a vault alone that the policy does not name', async () => {
    running().azure.clearLog();
    await send('inspections', { ...look, vault: 'fabrikam-disks' });
    await host().idle();
    expect(running().azure.log).toEqual([]);
  });

  it.each([
    ['no JSON', 'look at disk-web, please'],
    ['a number', 12],
    ['an object without a key', { vault: VAULT, hints: [] }],
    ['hints of another kind', { ...look, hints: [{ id: '1', sense: 'a dream', heardAt: 'now', says: {} }] }],
  ])('sets a message aside that is %s: whole, recorded, told, and not given up five times over', async (_, message) => {
    await send('inspections', message);
    await host().idle();
    const kept = (await records('-')).findLast(({ what }) => what === 'set-aside');
    const document = String(kept?.detail.document);
    expect(document).toContain('/inspect/');
    expect(await setAside(document)).toBe(JSON.stringify(message));
    const [told] = await incidents('-');
    expect(told).toMatchObject({ kind: 'set-aside', state: 'open', summary: expect.stringContaining('/inspect/') });
    expect(told?.toldRevision).toBe(told?.revision);
    expect(host().poisoned).toEqual([]);
  });
});
