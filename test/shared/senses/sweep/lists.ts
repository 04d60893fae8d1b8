import type { ListedVersion } from '../../../../shared/domain/key.ts';
import { policy } from '../../../../shared/domain/policy.ts';
import type { KeyRecord, VersionRecord } from '../../../../shared/domain/register.ts';
import type { DeletedKey, ListedKey, ReadVersion } from '../../../../shared/domain/vault.ts';
import { compare } from '../../../../shared/senses/sweep/compare.ts';
import type { Sight } from '../../../../shared/senses/sweep/plan.ts';
import { approved, BORN, DETAIL, inDays, inMs, known, NOW, OPERATIONS } from '../../guard/keys/situations.ts';

export const VAULT = 'prod-disks';
export const HOUR = 3_600_000;
/** From when on a version may have its turn, in ms since it was last seen. */
export const TURN = (2 * HOUR) / 3;
export const block = policy.parse({
  vaults: [
    {
      name: VAULT,
      mode: 'block',
      keys: [
        { pattern: 'canary', guard: false },
        { pattern: 'hourly', olderVersions: 'hourly' },
        { pattern: 'told', mode: 'alert' },
      ],
    },
  ],
});

export const listedKey = (key: string, more: Partial<ListedKey> = {}): ListedKey => ({
  key,
  managed: false,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
export const listedVersion = (version: string, more: Partial<ListedVersion> = {}): ListedVersion => ({
  version,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
export const readVersion = (version: string, more: Partial<ReadVersion> = {}): ReadVersion => ({
  ...listedVersion(version),
  managed: false,
  detail: DETAIL,
  ...more,
});
/** What was last seen, so many milliseconds ago. */
export const seenAgo = (ms: number, more: Partial<NonNullable<VersionRecord['seen']>> = {}): VersionRecord['seen'] => ({
  at: inMs(-ms),
  updated: BORN,
  enabled: true,
  operations: [...OPERATIONS],
  inFullAt: inMs(-ms),
  verdict: 'good',
  ...more,
});
export const fresh = known({ seen: seenAgo(60_000) });
export const older = known({ created: inDays(-100), seen: seenAgo(60_000) });
export const retired = known({
  created: inDays(-100),
  approved: approved({ enabled: false }),
  seen: seenAgo(60_000, { enabled: false }),
});

export interface Seen {
  readonly keys?: readonly ListedKey[];
  readonly unclear?: readonly string[];
  readonly deleted?: readonly DeletedKey[];
  readonly listed?: Readonly<Record<string, readonly ListedVersion[]>>;
  readonly read?: Readonly<Record<string, ReadVersion>>;
  readonly register?: Readonly<Record<string, KeyRecord>>;
}
export const pass = ({ keys = [], unclear = [], deleted = [], listed = {}, read = {}, register = {} }: Seen) =>
  compare(
    sight({ lists: { keys, unclear, deleted }, register: new Map(Object.entries(register)) }),
    new Map(Object.entries(listed)),
    new Map(Object.entries(read)),
  );
/** What a pass over the vault sees when it begins now. */
export const sight = (of: Pick<Sight, 'lists' | 'register'> & Partial<Sight>): Sight => ({
  policy: block,
  vault: VAULT,
  beganAt: NOW,
  sweepEverySeconds: 60,
  ...of,
});
export const lists = (...keys: readonly ListedKey[]) => ({ keys, unclear: [], deleted: [] });
