import { keyRecreated } from '../../../../../shared/guard/keys/rules/key-recreated.ts';
import {
  ACTED,
  approved,
  DETAIL,
  inMs,
  known,
  NOW,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from '../situations.ts';
import { testRule } from './table.ts';

const stranger = shown({ version: V2, created: ACTED, updated: ACTED, detail: { ...DETAIL, fingerprint: 'f2' } });
const coming = (sinceMs: number) =>
  situation({
    observed: present(shown({ version: V2 })),
    record: recordOf(
      { [V1]: known(), [V2]: known() },
      { recovering: { since: inMs(-sinceMs), deletedOn: inMs(-sinceMs - 1_000) } },
    ),
  });
/** A key of which the second version does not list. */
const lacking = (more: Parameters<typeof recordOf>[1], second = known()) =>
  situation({ record: recordOf({ [V1]: known(), [V2]: second }, more) });
const told = { version: undefined, act: undefined, stopsDisks: true, remedy: { kind: 'tell' } } as const;

testRule(keyRecreated, {
  accepts: [
    ['the approved versions with their material', situation()],
    ['a new version beside the approved ones', situation({ observed: present(stranger, shown()) })],
    ['an approved version that was not read in full', situation({ observed: present(shown({ detail: undefined })) })],
    [
      'a version gone that was never approved',
      situation({ record: recordOf({ [V1]: known(), [V2]: known({ approved: undefined }) }) }),
    ],
    [
      'a deleted key',
      situation({ observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined } }),
    ],
    ['an absent key', situation({ observed: { kind: 'absent' } })],
  ],
  rejects: [
    [
      'another key under the same name: told, never treated as recovered',
      situation({ observed: present(stranger) }),
      {
        ...told,
        since: ACTED,
        summary: 'Key prod-disks/disk-a is not the key that was approved: 1 of 1 approved versions are gone.',
      },
    ],
    [
      'other material under an approved version',
      situation({ observed: present(shown({ detail: { ...DETAIL, fingerprint: 'other' } })) }),
      {
        ...told,
        summary:
          'Key prod-disks/disk-a is not the key that was approved: 0 of 1 approved versions are gone, other material under an approved version.',
      },
    ],
    ['a key without any version', situation({ observed: present() }), { ...told, since: NOW }],
    [
      'a retired version gone for a minute',
      lacking({ incompleteSince: inMs(-60_000) }, known({ approved: approved({ enabled: false }) })),
      told,
    ],
    [
      'a version gone for a moment less than a minute, beside another: a person may have recovered the key, and it lists late',
      lacking({ incompleteSince: inMs(-59_999) }),
      { stopsDisks: false, since: inMs(-59_999), remedy: { kind: 'wait' } },
    ],
    ['a version gone at the first look', lacking({}), { since: NOW, remedy: { kind: 'wait' } }],
    [
      'versions that do not list yet, a moment less than a minute after recovering began: settling',
      coming(59_999),
      {
        stopsDisks: false,
        summary: 'Key prod-disks/disk-a is coming back: 1 of 2 approved versions do not list yet.',
        remedy: { kind: 'wait' },
      },
    ],
    ['versions that do not list a minute after recovering began', coming(60_000), told],
  ],
});
