import type { ObservedVersion, VersionDetail } from '../../../../../shared/domain/key.ts';
import { versionBornWeak } from '../../../../../shared/guard/keys/rules/version-born-weak.ts';
import { ACTED, DETAIL, inDays, inMs, known, present, recordOf, shown, situation, V1, V2 } from '../situations.ts';
import { testRule } from './table.ts';

/** A key with an approved version and a new one beside it. */
const born = (
  version: Partial<ObservedVersion>,
  detail: Partial<VersionDetail> = {},
  record: Parameters<typeof known>[0] | undefined = undefined,
) =>
  situation({
    observed: present(
      shown({
        version: V2,
        created: ACTED,
        updated: ACTED,
        detail: { ...DETAIL, fingerprint: 'f2', ...detail },
        ...version,
      }),
      shown(),
    ),
    record: recordOf({
      [V1]: known(),
      ...(record === undefined ? {} : { [V2]: known({ created: ACTED, ...record }) }),
    }),
  });
const told = { version: V2, since: ACTED, act: undefined, stopsDisks: false, remedy: { kind: 'tell' } } as const;
const because = (fault: string) => ({
  ...told,
  summary: `Version ${V2} of prod-disks/disk-a is not approved: ${fault}.`,
});

testRule(versionBornWeak, {
  accepts: [
    ['a new version that is like the one before it', born({})],
    ['a new version that expires at the notify time', born({ expiresOn: inDays(30) })],
    ['a new version that can be used from this very moment', born({ notBefore: inDays(0) })],
    ['a new version that was not read in full yet', born({ detail: undefined })],
    ['the first version of a key', situation({ record: recordOf({}) })],
    ['a version that is approved, whatever it is like', situation({ observed: present(shown({ enabled: false })) })],
  ],
  rejects: [
    ['a version born disabled', born({ enabled: false }), because('it is disabled')],
    [
      'a version born expiring a moment inside the notify time',
      born({ expiresOn: inMs(30 * 86_400_000 - 1) }),
      because('it expires on 2026-03-31 11:59:59 UTC'),
    ],
    [
      'a version that cannot be used yet',
      born({ notBefore: inMs(1) }),
      because('it cannot be used before 2026-03-01 12:00:00 UTC'),
    ],
    [
      'a version born of another type',
      born({}, { keyType: 'EC', keySizeBits: undefined }),
      because('its type is EC, not RSA; its size is unknown bits, not 2048'),
    ],
    ['a version born smaller', born({}, { keySizeBits: 1024 }), because('its size is 1024 bits, not 2048')],
    [
      'a version born without unwrapKey',
      born({}, { operations: ['wrapKey'] }),
      because('its operations are wrapKey, not encrypt, decrypt, sign, verify, wrapKey, unwrapKey'),
    ],
    [
      'a version that was not known and is a second older than the approved one',
      born({ created: inDays(-60) }),
      { ...because('it is older than the approved version and was not known'), since: inDays(-60) },
    ],
    [
      'an imported version, where the record told',
      born({}, {}, { approved: undefined, distrusted: 'it was imported' }),
      because('it was imported'),
    ],
    [
      'a version that fell short once and has no fault any more: it waits for a person',
      born({}, {}, { approved: undefined }),
      because('it fell short when it was first seen'),
    ],
    [
      'every fault at once',
      born({ enabled: false }, { keySizeBits: 4096 }),
      because('it is disabled; its size is 4096 bits, not 2048'),
    ],
  ],
});
