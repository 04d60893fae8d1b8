import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../local/azure/azure.ts';
import { eventually, isUsable, lastAct, passesOver, restoredBy, writesTo } from '../../../local/demo/scene.ts';
import { clientOf } from '../../simulation/client.ts';
import { later, localAzure, onStoppedClock, start } from '../azure/requests.ts';

onStoppedClock();

const everywhere = [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }];
const key = ['kv-one', 'disk'] as const;
const began = new Date(start);
const inMs = (ms: number): Date => new Date(start + ms);

let azure: LocalAzure;
let scene: { readonly running: { readonly azure: LocalAzure } };

beforeEach(() => {
  const identities = ['attacker', 'owner', 'keeper', 'watcher'].map((name) => ({
    name,
    kind: 'user' as const,
    grants: everywhere,
  }));
  azure = localAzure({ identities, behaviours: { settleMs: 2_000 } });
  scene = { running: { azure } };
});

const as = (identity: string) => clientOf(azure, identity);
const listed = () =>
  azure.handle({
    method: 'GET',
    url: 'https://kv-one.vault.azure.net/keys?api-version=7.4',
    headers: { authorization: `Bearer ${azure.identities.get('watcher')?.token}` },
    body: '',
  });

describe('the moment of a restore', () => {
  it('is that of the guardian’s last change, not that at which somebody looked', async () => {
    await as('attacker').disable(...key);
    await as('attacker').operations(...key, ['sign']);
    later(1_000);
    await as('keeper').enable(...key);
    later(500);
    await as('keeper').operations(...key, ['wrapKey', 'unwrapKey']);
    later(60_000);
    expect(isUsable(scene, ...key)).toBe(true);
    expect(restoredBy(scene, ...key, began)).toEqual(inMs(1_500));
  });

  it('is, for a recovered key, when the recovery has settled', async () => {
    await as('attacker').delete(...key);
    later(2_000);
    await as('keeper').recover(...key);
    expect(isUsable(scene, ...key)).toBe(false);
    later(2_000);
    expect(isUsable(scene, ...key)).toBe(true);
    expect(restoredBy(scene, ...key, began)).toEqual(inMs(4_000));
  });

  it('is none where somebody else put the key back', async () => {
    await as('attacker').disable(...key);
    later(1_000);
    await as('owner').enable(...key);
    expect(isUsable(scene, ...key)).toBe(true);
    expect(restoredBy(scene, ...key, began)).toBeUndefined();
  });

  it('is none where the guardian’s write changed nothing, or came before the act', async () => {
    await as('keeper').operations(...key, ['wrapKey']);
    later(1_000);
    await as('attacker').disable(...key);
    const actedAt = lastAct(scene, ...key);
    expect(actedAt).toEqual(inMs(1_000));
    later(1_000);
    await as('owner').enable(...key);
    await as('keeper').enable(...key);
    expect(writesTo(scene, ...key, actedAt)).toHaveLength(1);
    expect(restoredBy(scene, ...key, actedAt)).toBeUndefined();
  });
});

describe('a pass', () => {
  it('is over when the next begins, and counts where it began after the moment', async () => {
    await listed();
    const counts: number[] = [];
    for (let begun = 0; begun < 4; begun += 1) {
      counts.push(passesOver(scene, 'kv-one', began));
      later(1_000);
      await listed();
    }
    expect([...counts, passesOver(scene, 'kv-one', began)]).toEqual([0, 0, 1, 2, 3]);
  });

  it('that was refused is none', async () => {
    azure.fault({ match: { operation: 'list' }, answer: { kind: 'throttled' } });
    later(1_000);
    for (let time = 0; time < 4; time += 1) await listed();
    expect(passesOver(scene, 'kv-one', began)).toBe(0);
  });
});

describe('waiting', () => {
  it('gives what came, and nothing once the time of the whole play is over', async () => {
    let looks = 0;
    const third = () => {
      looks += 1;
      return looks === 3 ? 'there' : undefined;
    };
    expect(await eventually({ until: Number.POSITIVE_INFINITY }, third, { everyMs: 0 })).toBe('there');
    const until = performance.now() + 20;
    expect(await eventually({ until }, () => undefined)).toBeUndefined();
    expect(await eventually({ until }, () => 'too late')).toBeUndefined();
  });
});
