import { expect, test } from 'vitest';
import type { ObservedKey, ObservedVersion } from '../../../shared/domain/key.ts';
import { EMPTY_KEY_RECORD, type KeyRecord } from '../../../shared/domain/register.ts';
import { later } from '../../../shared/domain/time.ts';
import { rotationShown } from '../../../shared/propagation/rotated.ts';

const KEY = { vault: 'prod-disks', key: 'disk-a' };
const [V1, V2] = ['1'.repeat(32), '2'.repeat(32)] as const;
const MADE = new Date('2026-03-01T12:00:00.000Z');

const version = (name: string, created: Date, enabled = true): ObservedVersion => ({
  ...{ version: name, created, updated: created, enabled },
  ...{ notBefore: undefined, expiresOn: undefined, detail: undefined },
});
const present = (current: string, ...versions: ObservedVersion[]): ObservedKey => ({
  kind: 'present',
  managed: false,
  current,
  versions,
});
const OLD = version(V1, MADE);
const NEW = version(V2, later(MADE, 1_000));
const BEFORE: KeyRecord = {
  ...EMPTY_KEY_RECORD,
  approved: { versions: { [V1]: { created: MADE, consumed: [] } }, standing: { kind: 'kept' } },
  observed: { current: V1, versions: {}, differing: {} },
};

test.each<readonly [string, ObservedKey, KeyRecord, string | undefined]>([
  ['with a newer version shows a rotation', present(V2, OLD, NEW), BEFORE, V2],
  [
    'with a newer version that is disabled shows a rotation',
    present(V2, OLD, version(V2, later(MADE, 1_000), false)),
    BEFORE,
    V2,
  ],
  ['with a newer version of which the older one is gone shows a rotation', present(V2, NEW), BEFORE, V2],
  ['with the same newest version shows none', present(V1, OLD), BEFORE, undefined],
  [
    'whose newest version is older than the one known shows none',
    present(V2, OLD, version(V2, later(MADE, -1_000))),
    BEFORE,
    undefined,
  ],
  ['that was never observed shows none', present(V2, OLD, NEW), EMPTY_KEY_RECORD, undefined],
  ['that is deleted shows none', { kind: 'absent' }, BEFORE, undefined],
])('a key %s', (_, observed, before, rotated) => {
  expect(rotationShown(KEY, observed, before)?.version).toBe(rotated);
});
