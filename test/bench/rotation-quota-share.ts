import type { SeedVault } from '../../local/azure/types.ts';
import { resetClock, stopClock, turnClock } from '../../local/clock.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import { composition } from './composition.ts';
import { acceptAlike, numbered } from './estate.ts';
import { atMost, type Figure, figure, type Measurement } from './figure.ts';
import { toFullMinute } from './scheduled.ts';
import { sweepFor } from './sweeping.ts';

/** Keys that a vault makes within ten seconds at most: software keys, RSA of 2048 bits or EC. @see https://learn.microsoft.com/azure/key-vault/general/service-limits */
const CREATES_IN_TEN_SECONDS = 20;

/**
 * The largest share of a vault's limit for making keys that rotating takes within any ten seconds, of 20,000 software keys in
 * ten vaults that all became overdue in `block` at the same moment, with the limit of each hour as high as it goes. Measured
 * on the turned clock, second by second, with sweeps 60 s apart, from the moment at which they are overdue. The keys are EC,
 * which are made in no time and have the limit of RSA of 2048 bits.
 */
export const rotationQuotaShare: Measurement = {
  names: ['rotation-quota-share', 'rotations-in-ten-minutes'],
  measure: () => measureRotationShare({ vaults: 10, keysInEach: 2_000, minutes: 10 }),
};

/** @param size `minutes` is how long it is measured */
export async function measureRotationShare(size: {
  readonly vaults: number;
  readonly keysInEach: number;
  readonly minutes: number;
}): Promise<readonly Figure[]> {
  stopClock();
  toFullMinute();
  const seeds = overdueVaults(size.vaults, size.keysInEach);
  const rotation = { every: 'P90D', notifyBefore: 'P30D' };
  let isAccepted = false;
  const running = composition({
    vaults: seeds,
    policy: { vaults: seeds.map(({ name }) => ({ name, mode: 'block', rotation })), rotationsPerHour: 1_000 },
    // Reading so many keys at one moment would be throttled.
    httpClient: (served) => ({
      sendRequest(request) {
        if (!isAccepted) turnClock(SETTING_UP_MS);
        return served.sendRequest(request);
      },
    }),
  });
  const { ports, azure, policy } = running;
  const vaults = policy.vaults.map(({ name }) => name);
  try {
    await acceptAlike(vaults, ports);
    isAccepted = true;
    const rotated = new Map<string, number[]>();
    await sweepFor(size.minutes * 60 + 1, running, () => {
      for (const { vault, operation, status, at } of azure.log)
        if (operation === 'rotate' && status === 200) rotated.set(vault, [...(rotated.get(vault) ?? []), at.getTime()]);
      azure.clearLog();
    });
    const times = [...rotated.values()];
    const most = Math.max(0, ...times.map(mostInTenSeconds));
    const count = times.reduce((sum, each) => sum + each.length, 0);
    return [
      // Where nothing was rotated, nothing was measured.
      figure(
        'rotation-quota-share',
        count === 0 ? Number.NaN : most / CREATES_IN_TEN_SECONDS,
        'of the limit',
        atMost(0.05),
      ),
      figure('rotations-in-ten-minutes', count, 'keys', { kind: 'none' }),
    ];
  } finally {
    resetClock();
  }
}

const mostInTenSeconds = (times: readonly number[]): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 10 * SECOND_MS).length));

/** By how much each request turns the clock while baselines are accepted, in ms. */
const SETTING_UP_MS = 5;
const SOFTWARE_KEY = { kty: 'EC', crv: 'P-256', keyOps: ['sign', 'verify'] } as const;

const publicPart = (name: string) => {
  const [x, y] = ['x', 'y'].map((part) => Buffer.alloc(32, `${part}${name}`).toString('base64url'));
  return { crv: 'P-256', x: x ?? '', y: y ?? '' };
};

/** Vaults of keys that become overdue in a minute and a half, after the first sweep has noted that they are in `block`; each with a rotation policy that keeps its schedule. */
function overdueVaults(count: number, keysInEach: number): readonly SeedVault[] {
  const created = Math.floor((Date.now() - 91 * DAY_MS + 1.5 * MINUTE_MS) / SECOND_MS);
  const names = numbered('disk', keysInEach);
  const keys = names.map((name, at) => ({
    name,
    versions: [
      {
        version: (at + 1).toString(16).padStart(32, '0'),
        created,
        updated: created,
        ...SOFTWARE_KEY,
        publicPart: publicPart(name),
      },
    ],
  }));
  const keeping = {
    lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' } }],
    ...{ created, updated: created },
  } as const;
  const rotationPolicies = Object.fromEntries(names.map((name) => [name, keeping]));
  return numbered('bench', count).map((name) => ({ name, keys, rotationPolicies }));
}
