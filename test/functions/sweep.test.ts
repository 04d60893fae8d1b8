import { describe, expect, it } from 'vitest';
import { USABLE } from '../simulation/disk.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { running, host, as, disk, records, incidents, send } = guarded(['disk-web', 'disk-app', 'disk-db']);

const MINUTE_MS = 60_000;

describe('sweep', () => {
  it('finds a disabled version by itself, and the disk works again', async () => {
    const use = await disk('disk-web');
    await as('attacker').disable(VAULT, 'disk-web');
    await host().idle();
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    await host().advance(7 * MINUTE_MS, MINUTE_MS);
    expect(await use()).toEqual(USABLE);
    expect(await incidents(VAULT)).toEqual([
      expect.objectContaining({ kind: 'version-disabled', state: 'resolved', judgement: 'undone' }),
    ]);
  });

  it('finds a deleted key by itself, and the disk works again', async () => {
    const use = await disk('disk-app');
    await as('attacker').delete(VAULT, 'disk-app');
    await host().idle();
    expect(await use()).toEqual({ wrap: 404, unwrap: 404 });
    await host().advance(6 * MINUTE_MS, MINUTE_MS);
    expect(await use()).toEqual(USABLE);
  });

  it('records the intent before the outcome, and the guardian needs no other act', async () => {
    const about = (await records(VAULT)).filter(({ subject }) => 'key' in subject && subject.key === 'disk-web');
    const acts = about.filter(({ what }) => what === 'intent' || what === 'outcome');
    expect(acts.map(({ what, detail }) => [what, detail.kind])).toEqual([
      ['intent', undefined],
      ['outcome', 'done'],
    ]);
    const writes = running().azure.log.filter(({ identity, changed }) => identity === 'keeper' && changed);
    expect(writes.map(({ operation, key }) => [operation, key])).toEqual([
      ['update', 'disk-web'],
      ['recover', 'disk-app'],
    ]);
  });

  it('drops a message of an older generation', async () => {
    const lists = () => running().azure.log.filter(({ operation }) => operation === 'list').length;
    const before = lists();
    await send('sweeps', { kind: 'sweep', vaults: [VAULT], generation: 1 });
    await host().idle();
    expect(lists()).toBe(before);
  });

  it('quarantines a message that it cannot read, whole, and sweeps on', async () => {
    await send('sweeps', { vault: 7 });
    await host().idle();
    expect(await incidents(OWN)).toEqual([expect.objectContaining({ reason: 'quarantined', state: 'open' })]);
    const lists = () => running().azure.log.filter(({ operation }) => operation === 'list').length;
    const before = lists();
    await host().advance(5 * MINUTE_MS, MINUTE_MS);
    expect(lists()).toBeGreaterThan(before);
  });
});
