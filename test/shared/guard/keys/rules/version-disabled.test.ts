import { versionDisabled } from '../../../../../shared/guard/keys/rules/version-disabled.ts';
import {
  ACTED,
  approved,
  known,
  oneVersion,
  present,
  recordOf,
  restoring,
  shown,
  situation,
  V1,
  V2,
} from '../situations.ts';
import { testRule } from './table.ts';

const twoVersions = (older: { readonly enabled: boolean }, held: { readonly enabled: boolean }) =>
  situation({
    observed: present(shown({ version: V2 }), shown({ ...older, updated: ACTED })),
    record: recordOf({ [V1]: known({ attributes: approved(held) }), [V2]: known() }, { observed: { current: V2 } }),
  });

testRule(versionDisabled, {
  accepts: [
    ['an enabled version', oneVersion({})],
    ['a retired version that stays disabled', oneVersion({ enabled: false }, { enabled: false })],
    ['a retired older version', twoVersions({ enabled: false }, { enabled: false })],
    [
      'a disabled version that is known and not approved: another rule finds it',
      situation({
        observed: present(shown({ enabled: false })),
        record: recordOf({ [V1]: known({ attributes: undefined }) }),
      }),
    ],
    [
      'a deleted key',
      situation({ observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined } }),
    ],
  ],
  rejects: [
    [
      'the latest version disabled: enabled again and nothing else changed',
      oneVersion({ enabled: false }),
      {
        version: V1,
        act: 'disable',
        stopsDisks: true,
        undo: restoring({ enabled: true }),
      },
    ],
    [
      'an older version disabled: old disks and snapshots need it',
      twoVersions({ enabled: false }, { enabled: true }),
      { version: V1, undo: restoring({ enabled: true }) },
    ],
    [
      'a disabled version that was not read in full',
      oneVersion({ enabled: false, detail: undefined }),
      { version: V1, undo: restoring({ enabled: true }) },
    ],
  ],
});
