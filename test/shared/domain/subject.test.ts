import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  GUARDIAN,
  keyOf,
  partitionOf,
  placeOf,
  type Subject,
  spellSubject,
  streamOf,
  subject,
  vaultSubject,
  versionIn,
  versionOf,
} from '../../../shared/domain/subject.ts';

const id = { vault: 'prod-disks', key: 'disk-a' };
const SET: Subject = {
  kind: 'disk-encryption-set',
  id: '/subscriptions/s1/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/set-1',
};
/** One of each kind. */
const every: Readonly<Record<Subject['kind'], Subject>> = {
  key: keyOf(id),
  version: versionOf(id, 'v1'),
  vault: vaultSubject('prod-disks'),
  'disk-encryption-set': SET,
  actor: { kind: 'actor', id: '0f0e0d0c-0000-4000-8000-000000000002' },
  guardian: GUARDIAN,
};
const kinds = Object.entries(every);

describe('a subject', () => {
  test.each<readonly [kind: Subject['kind'], spelt: string]>([
    ['key', 'prod-disks/disk-a'],
    ['version', 'prod-disks/disk-a/v1'],
    ['vault', 'prod-disks'],
    ['disk-encryption-set', SET.id],
    ['actor', 'identity 0f0e0d0c-0000-4000-8000-000000000002'],
    ['guardian', 'Key Guardian'],
  ])('that is a %s is written as %s', (kind, spelt) => {
    expect(spellSubject(every[kind])).toBe(spelt);
  });

  test.each(kinds)('that is a %s comes back from storage as it went in', (_kind, of) => {
    expect(subject.parse(JSON.parse(JSON.stringify(of)))).toEqual(of);
  });

  test.each<readonly [says: string, given: object, read: Subject]>([
    ['a vault', { kind: 'vault', vault: 'Prod-Disks' }, every.vault],
    ['a key', { kind: 'key', vault: 'PROD-disks', key: 'Disk-A' }, every.key],
    ['a version', { kind: 'version', vault: 'PROD-disks', key: 'Disk-A', version: 'V1' }, every.version],
    ['a disk encryption set', { ...SET, id: SET.id.toUpperCase() }, SET],
  ])('is compared without case, as Azure does: %s', (_says, given, read) => {
    expect(subject.parse(given)).toEqual(read);
  });

  test.each<readonly [says: string, given: unknown]>([
    ['of no kind', id],
    ['of an unknown kind', { kind: 'secret', vault: 'prod-disks', secret: 's' }],
    ['without what its kind needs', { kind: 'key', vault: 'prod-disks' }],
  ])('is none %s', (_says, given) => {
    expect(subject.safeParse(given).success).toBe(false);
  });

  test('without a version is the key as a whole', () => {
    expect(versionOf(id, undefined)).toEqual(keyOf(id));
    expect([versionIn(versionOf(id, 'v1')), versionIn(keyOf(id)), versionIn(GUARDIAN)]).toEqual([
      'v1',
      undefined,
      undefined,
    ]);
  });

  test('is made of a key’s names, whatever else is known of it', () => {
    expect(keyOf({ ...id, ...{ version: 'v1' } })).toEqual({ kind: 'key', ...id });
  });
});

describe('the place of a subject', () => {
  test.each<readonly [kind: Subject['kind'], partition: string, row: string, rows: string]>([
    ['key', 'prod-disks', 'disk-a', 'prod-disks,disk-a'],
    ['version', 'prod-disks', 'disk-a', 'prod-disks,disk-a'],
    ['vault', 'prod-disks', '_', 'prod-disks'],
    [
      'disk-encryption-set',
      '_disk-encryption-sets',
      SET.id.replaceAll('/', '|'),
      `_disk-encryption-sets,${SET.id.replaceAll('/', '|')}`,
    ],
    ['guardian', '_guardian', '_', '_guardian'],
  ])('that is a %s is in the partition %s', (kind, partition, row, rows) => {
    expect(placeOf(every[kind])).toEqual({ partition, row });
    expect(partitionOf(every[kind])).toBe(rows);
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9-]{1,8}[a-z0-9]$/);
  const anySubject: fc.Arbitrary<Subject> = fc.oneof(
    fc.record({ kind: fc.constant('key' as const), vault: name, key: name }),
    fc.record({ kind: fc.constant('vault' as const), vault: name }),
    fc.record({
      kind: fc.constant('disk-encryption-set' as const),
      id: fc.tuple(name, name).map(([group, set]) => `/subscriptions/s/resourcegroups/${group}/${set}`),
    }),
    fc.constant(GUARDIAN),
  );

  test('is that of no other subject, but for a version, which has that of its key', () => {
    fc.assert(
      fc.property(anySubject, anySubject, (one, other) => {
        fc.pre(spellSubject(one) !== spellSubject(other));
        expect(placeOf(one)).not.toEqual(placeOf(other));
        expect(partitionOf(one)).not.toBe(partitionOf(other));
      }),
      { seed: 7 },
    );
  });

  test('is made of what storage takes for names', () => {
    fc.assert(
      fc.property(anySubject, (of) => {
        const { partition, row } = placeOf(of);
        for (const part of [partition, row, partitionOf(of)]) expect(part).toMatch(/^[^/\\#?\p{Cc}]+$/u);
      }),
      { seed: 7 },
    );
  });
});

describe('the stream of a subject', () => {
  test.each<readonly [kind: Subject['kind'], stream: string | RegExp]>([
    ['key', /^prod-disks$/],
    ['version', /^prod-disks$/],
    ['vault', /^prod-disks$/],
    ['disk-encryption-set', /^_set-[0-9a-f]{16}$/],
    ['guardian', /^_guardian$/],
  ])('that is a %s is called %s', (kind, stream) => {
    expect(streamOf(every[kind])).toMatch(stream);
  });

  test('is one for each disk encryption set', () => {
    expect(streamOf(SET)).not.toBe(streamOf({ ...SET, id: `${SET.id}0` }));
  });
});
