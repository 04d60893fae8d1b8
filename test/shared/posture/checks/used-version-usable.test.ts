import { describe, expect, test } from 'vitest';
import { DAY_MS, later, SECOND_MS } from '../../../../shared/domain/time.ts';
import { usedVersionUsable } from '../../../../shared/posture/checks/used-version-usable.ts';
import { type KeyFacts, unknown } from '../../../../shared/posture/facts.ts';
import { keyFacts, NOW, OLDER, present, set, VERSION, version } from '../facts.ts';

const check = (facts: KeyFacts) => usedVersionUsable.check(facts, NOW);
const both = [VERSION, OLDER].map((each) => ({
  at: 'vault',
  vault: 'contoso-disks',
  kind: 'key',
  name: 'disk-web',
  version: each,
})) as NonNullable<Parameters<typeof set>[0]>['keys'] & {};

describe('a version that is used', () => {
  test.each([
    ['enabled, without dates', version()],
    ['one second before its expiry', version({ expiresOn: later(NOW, SECOND_MS) })],
    ['at its not-before', version({ notBefore: NOW })],
    ['whose operations were not read', version({ operations: undefined })],
  ])('is accepted: %s', (_, facts) => {
    expect(check(keyFacts(present({ [VERSION]: facts })))).toEqual([]);
  });

  test.each([
    ['disabled', version({ enabled: false }), /is disabled, changed last on 2026-09-01/, '--enabled true'],
    [
      'at its expiry',
      version({ expiresOn: NOW }),
      /expired on 2026-12-01 12:00:00 UTC/,
      '--expires 2027-12-01T12:00:00Z',
    ],
    [
      'one second before its not-before',
      version({ notBefore: later(NOW, SECOND_MS) }),
      /is not valid before 2026-12-01 12:00:01 UTC/,
      '--not-before 2026-12-01T12:00:00Z',
    ],
    ['without unwrapKey', version({ operations: ['wrapKey', 'sign'] }), /may not unwrapKey/, '--ops wrapKey unwrapKey'],
  ])('is found: %s', (_, facts, says, command) => {
    const [found, ...others] = check(keyFacts(present({ [VERSION]: facts })));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'finding', says: expect.stringMatching(says) });
    expect(found?.kind === 'finding' && found.commands).toEqual([
      `az keyvault key set-attributes --vault-name contoso-disks --name disk-web --version ${VERSION} ${command}`,
    ]);
  });

  test('is found where it is a previous key of a set', () => {
    const users = [set({ keys: both })];
    const found = check(keyFacts(present({ [OLDER]: version({ enabled: false }) }), { users }));
    expect(found).toMatchObject([{ says: expect.stringContaining(OLDER) }]);
  });

  test('is found where a user that follows no new version names none, and so has the newest', () => {
    const users = [
      set({
        keys: [{ at: 'vault', vault: 'contoso-disks', kind: 'key', name: 'disk-web', version: undefined }],
        follows: false,
      }),
    ];
    const found = check(keyFacts(present({ [VERSION]: version({ enabled: false }) }), { users }));
    expect(found).toMatchObject([{ says: expect.stringContaining(VERSION) }]);
  });

  test('is found where the key has no such version', () => {
    expect(check(keyFacts(present({}, { versions: new Map() })))).toMatchObject([
      { says: `The key has no version ${VERSION}, which is in use.` },
    ]);
  });

  test('is the newest one for a user that names none', () => {
    const keys = both.slice(0, 1).map((key) => ({ ...key, version: undefined }));
    const facts = keyFacts(present({ [VERSION]: version({ enabled: false }) }), { users: [set({ keys })] });
    expect(check(facts)).toHaveLength(1);
  });
});

test('a disabled version that nothing uses is accepted', () => {
  expect(check(keyFacts(present({ [OLDER]: version({ enabled: false }) })))).toEqual([]);
});

test('a deleted key is found, with when it was deleted, when it is purged, and how it is recovered', () => {
  const scheduledPurgeOn = later(NOW, 10 * DAY_MS);
  expect(check(keyFacts({ kind: 'deleted', deletedOn: NOW, scheduledPurgeOn }))).toEqual([
    {
      kind: 'finding',
      says: 'The key was deleted on 2026-12-01 12:00:00 UTC, and is gone for good on 2026-12-11 12:00:00 UTC.',
      date: NOW,
      commands: ['az keyvault key recover --vault-name contoso-disks --name disk-web'],
    },
  ]);
});

test.each([
  ['Key Vault', /neither present nor deleted/],
  ['Resource Manager', /deleted or purged/],
] as const)('a key that %s does not show is found, and not called deleted', (seenBy, says) => {
  expect(check(keyFacts({ kind: 'absent', seenBy }))).toMatchObject([{ says: expect.stringMatching(says) }]);
});

test('what cannot be read is unknown', () => {
  const state = unknown('the firewall refuses');
  expect(check(keyFacts(present(), { state }))).toEqual([{ kind: 'unknown', because: 'the firewall refuses' }]);
});
