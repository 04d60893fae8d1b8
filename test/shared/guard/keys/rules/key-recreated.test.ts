import { keyRecreated } from '../../../../../shared/guard/keys/rules/key-recreated.ts';
import {
  ACTED,
  approved,
  DETAIL,
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

const stranger = shown({ version: V2, created: ACTED, updated: ACTED, detail: { ...DETAIL, fingerprint: 'f2' } });
const recovering = (sinceMs: number): Parts => ({
  inFlight: { recovering: { since: inMs(-sinceMs), deletedOn: inMs(-sinceMs - 1_000) } },
});
/** A key whose recovery the vault accepted, and of which one version of two lists since two minutes. */
const coming = (sinceMs: number) =>
  situation({
    observed: present(shown({ version: V2 })),
    record: recordOf(
      { [V1]: known(), [V2]: known() },
      { ...recovering(sinceMs), observed: { incompleteSince: inMs(-120_000) } },
    ),
  });
/** A key of which the second version does not list. */
const lacking = (incompleteSince: Date | undefined, second = known()) =>
  situation({ record: recordOf({ [V1]: known(), [V2]: second }, { observed: { incompleteSince } }) });
const alertOnly = { version: undefined, act: undefined, stopsDisks: true, undo: undefined } as const;

testRule(keyRecreated, {
  accepts: [
    ['the approved versions with their material', situation()],
    [
      'the material of an HSM under the fingerprint that an earlier version stored',
      situation({
        observed: present(shown({ detail: { ...DETAIL, fingerprint: 'f2', formerFingerprint: DETAIL.fingerprint } })),
      }),
    ],
    ['a new version beside the approved ones', situation({ observed: present(stranger, shown()) })],
    ['an approved version that was not read in full', situation({ observed: present(shown({ detail: undefined })) })],
    [
      'a version gone that was never approved',
      situation({ record: recordOf({ [V1]: known(), [V2]: known({ attributes: undefined }) }) }),
    ],
    [
      'a deleted key',
      situation({ observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined } }),
    ],
    [
      'another key under the name of one that was deleted with approval: another rule finds it',
      situation({
        observed: present(stranger),
        record: recordOf(
          { [V1]: known() },
          { approved: { standing: { kind: 'deletion-approved', approval: 'a', deletedOn: inMs(-60_000) } } },
        ),
      }),
    ],
    ['an absent key', situation({ observed: { kind: 'absent' } })],
  ],
  rejects: [
    [
      'another key under the same name: alerted, never treated as recovered',
      situation({ observed: present(stranger) }),
      {
        ...alertOnly,
        since: ACTED,
        summary:
          'Key prod-disks/disk-a is not the key that was approved: 1 of 1 approved versions are gone. Copy off what the running machines hold before anything else: the old key comes back only from a backup.',
      },
    ],
    [
      'other material under an approved version',
      situation({ observed: present(shown({ detail: { ...DETAIL, fingerprint: 'other' } })) }),
      {
        ...alertOnly,
        summary:
          'Key prod-disks/disk-a is not the key that was approved: 0 of 1 approved versions are gone, other material under an approved version. Copy off what the running machines hold before anything else: the old key comes back only from a backup.',
      },
    ],
    ['a key without any version', situation({ observed: present() }), { ...alertOnly, since: NOW }],
    [
      'a retired version gone for a minute',
      lacking(inMs(-60_000), known({ attributes: approved({ enabled: false }) })),
      alertOnly,
    ],
    [
      'a version gone for a moment less than a minute, beside another: a person may have recovered the key, and it lists late',
      lacking(inMs(-59_999)),
      { stopsDisks: false, since: inMs(-59_999), isSettling: true },
    ],
    ['a version gone at the first inspection', lacking(undefined), { since: NOW, isSettling: true }],
    [
      'versions that do not list yet, a moment less than fifteen minutes after the vault accepted the recovery: settling',
      coming(899_999),
      {
        stopsDisks: false,
        summary: 'Key prod-disks/disk-a is coming back: 1 of 2 approved versions are not listed yet.',
        isSettling: true,
      },
    ],
    [
      'versions that do not list fifteen minutes after the vault accepted the recovery',
      coming(900_000),
      {
        ...alertOnly,
        summary:
          'Key prod-disks/disk-a is not the key that was approved: 1 of 2 approved versions are gone. Copy off what the running machines hold before anything else: the old key comes back only from a backup.',
      },
    ],
    [
      'another key under the name, a moment less than a minute after the vault accepted the recovery: settling',
      situation({ observed: present(stranger), record: recordOf({ [V1]: known() }, recovering(59_999)) }),
      { stopsDisks: false, isSettling: true },
    ],
    [
      'another key under the name, a minute after the vault accepted the recovery',
      situation({ observed: present(stranger), record: recordOf({ [V1]: known() }, recovering(60_000)) }),
      { ...alertOnly, since: ACTED },
    ],
    [
      'other material under an approved version, whatever is coming back',
      situation({
        observed: present(shown({ detail: { ...DETAIL, fingerprint: 'other' } })),
        record: recordOf({ [V1]: known() }, recovering(1_000)),
      }),
      alertOnly,
    ],
  ],
});
