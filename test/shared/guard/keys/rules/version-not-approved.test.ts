import type { ObservedVersion, VersionDetail } from '../../../../../shared/domain/key.ts';
import type { AuditEvent, Standing } from '../../../../../shared/domain/register.ts';
import { versionNotApproved } from '../../../../../shared/guard/keys/rules/version-not-approved.ts';
import {
  ACTED,
  by,
  DETAIL,
  inDays,
  inMs,
  known,
  NOW,
  type Parts,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from '../situations.ts';
import { testRule } from './table.ts';

const DELETED = inDays(-1);
const comesBack = (
  standing: Standing = { kind: 'deletion-approved', approval: 'approval-1', deletedOn: DELETED },
  observed: Parts['observed'] = {},
) => recordOf({ [V1]: known() }, { approved: { standing }, observed });
const newVersion = (version: Partial<ObservedVersion> = {}, detail: Partial<VersionDetail> = {}) =>
  shown({
    version: V2,
    created: ACTED,
    updated: ACTED,
    detail: { ...DETAIL, fingerprint: 'f2', ...detail },
    ...version,
  });
/** A key with an approved version and a new one beside it. */
const made = (
  version: Partial<ObservedVersion>,
  detail: Partial<VersionDetail> = {},
  record: Parameters<typeof known>[0] | undefined = undefined,
) =>
  situation({
    observed: present(newVersion(version, detail), shown()),
    record: recordOf({
      [V1]: known(),
      ...(record === undefined ? {} : { [V2]: known({ created: ACTED, ...record }) }),
    }),
  });
/** A new version that is like the one before it, with an audit event. */
const heard = (event: AuditEvent) =>
  situation({
    observed: present(newVersion(), shown()),
    record: recordOf({ [V1]: known() }, { audit: { events: [event] } }),
  });
const alertOnly = { version: V2, since: ACTED, act: undefined, stopsDisks: false, undo: undefined } as const;
const because = (fault: string) => ({
  ...alertOnly,
  summary: `Version ${V2} of prod-disks/disk-a is not approved: ${fault}. It is not guarded until a person accepts it.`,
});

testRule(versionNotApproved, {
  accepts: [
    ['a new version that is like the one before it', made({})],
    ['a new version that expires at the notify time', made({ expiresOn: inDays(30) })],
    ['a new version that can be used from this very moment', made({ notBefore: inDays(0) })],
    ['a new version that was not read in full yet', made({ detail: undefined })],
    ['the first version of a key', situation({ record: recordOf({}) })],
    ['a version that is approved, whatever it is like', situation({ observed: present(shown({ enabled: false })) })],
    [
      'a new version that a record says was imported a moment more than five seconds after it was made: another one was',
      heard(by('KeyImport', 'mallory', inMs(-24_999), V2)),
    ],
    ['a new version where a record says that another one was imported', heard(by('KeyImport', 'mallory', ACTED, V1))],
    [
      'a key that was deleted with approval and stays so',
      situation({
        observed: { kind: 'deleted', managed: false, deletedOn: DELETED, scheduledPurgeOn: undefined },
        record: comesBack(),
      }),
    ],
    [
      'a key that was deleted with approval and purged since',
      situation({ observed: { kind: 'absent' }, record: comesBack() }),
    ],
  ],
  rejects: [
    ['a version made disabled', made({ enabled: false }), because('it is disabled')],
    [
      'a version made to expire a moment inside the notify time',
      made({ expiresOn: inMs(30 * 86_400_000 - 1) }),
      because('it expires on 2026-03-31 11:59:59 UTC'),
    ],
    [
      'a version that cannot be used yet',
      made({ notBefore: inMs(1) }),
      because('it cannot be used before 2026-03-01 12:00:00 UTC'),
    ],
    [
      'a version made of another type',
      made({}, { keyType: 'EC', keySizeBits: undefined }),
      because('its type is EC, not RSA; its size is unknown bits, not 2048'),
    ],
    ['a version made smaller', made({}, { keySizeBits: 1024 }), because('its size is 1024 bits, not 2048')],
    [
      'a version made without unwrapKey',
      made({}, { operations: ['wrapKey'] }),
      because('its operations are wrapKey, not encrypt, decrypt, sign, verify, wrapKey, unwrapKey'),
    ],
    [
      'a version that was not known and is a second older than the approved one',
      made({ created: inDays(-60) }),
      { ...because('it is older than the approved version and was not known'), since: inDays(-60) },
    ],
    [
      'an imported version, whose approval was revoked',
      made({}, {}, { attributes: undefined, revoked: 'it was imported' }),
      because('it was imported'),
    ],
    [
      'a version that failed the checks once and has no fault any more: it waits for a person',
      made({}, {}, { attributes: undefined }),
      because('it did not pass the checks for a new version when first observed'),
    ],
    [
      'a new version that a record says was imported five seconds after it was made',
      heard(by('KeyImport', 'mallory', inMs(-25_000), V2)),
      because('it was imported'),
    ],
    [
      'a new version while the one before it is gone: another key may have taken the name',
      situation({ observed: present(newVersion()), record: recordOf({ [V1]: known() }) }),
      because('the version before it is gone'),
    ],
    [
      'every fault at once',
      made({ enabled: false }, { keySizeBits: 4096 }),
      because('it is disabled; its size is 4096 bits, not 2048'),
    ],
    [
      'a key that is back although its deletion was approved, at the first inspection: since now',
      situation({ record: comesBack() }),
      {
        version: undefined,
        since: NOW,
        act: undefined,
        stopsDisks: false,
        summary:
          'Key prod-disks/disk-a is back: it was deleted on 2026-02-28 12:00:00 UTC with approval approval-1. It is not guarded until a person accepts its versions.',
        undo: undefined,
        commands: [
          'key-guardian baseline show prod-disks  # what it is',
          `key-guardian baseline accept prod-disks --as-shown disk-a/${V1}  # if it was meant so: it is guarded from then on`,
        ],
      },
    ],
    [
      'one that an earlier inspection found back',
      situation({ record: comesBack(undefined, { backSince: inMs(-60_000) }) }),
      { since: inMs(-60_000) },
    ],
    [
      'a key that is back although a person abandoned it: no deletion is said to have been approved',
      situation({
        record: comesBack({ kind: 'abandoned', at: DELETED, by: 'anna', because: 'closed by anna: retired' }),
      }),
      {
        summary:
          'Key prod-disks/disk-a is back: it was abandoned on 2026-02-28 12:00:00 UTC (closed by anna: retired). It is not guarded until a person accepts its versions.',
      },
    ],
  ],
});
