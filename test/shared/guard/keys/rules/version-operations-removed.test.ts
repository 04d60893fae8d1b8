import { versionOperationsRemoved } from '../../../../../shared/guard/keys/rules/version-operations-removed.ts';
import { DETAIL, OPERATIONS, oneVersion, restoring, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const may = (...operations: readonly string[]) => ({ detail: { ...DETAIL, operations } });
const allBack = restoring({ operations: [...OPERATIONS] });

testRule(versionOperationsRemoved, {
  accepts: [
    ['all approved operations', oneVersion({})],
    ['the same operations in another order', oneVersion(may(...OPERATIONS.toReversed()))],
    ['wrapKey and unwrapKey alone', oneVersion(may('wrapKey', 'unwrapKey'))],
    [
      'no wrapKey where it was never approved',
      oneVersion(may('sign', 'verify'), { operations: ['sign', 'verify', 'encrypt'] }),
    ],
    ['a version that was not read in full: its operations are not known', oneVersion({ detail: undefined })],
  ],
  rejects: [
    [
      'wrapKey removed: all approved operations are put back',
      oneVersion(may('encrypt', 'decrypt', 'sign', 'verify', 'unwrapKey')),
      {
        version: V1,
        act: 'operations',
        stopsDisks: true,
        summary: `Version ${V1} of prod-disks/disk-a does not allow wrapKey any more.`,
        undo: allBack,
      },
    ],
    [
      'unwrapKey removed',
      oneVersion(may('wrapKey')),
      { summary: `Version ${V1} of prod-disks/disk-a does not allow unwrapKey any more.`, undo: allBack },
    ],
    [
      'both removed',
      oneVersion(may('sign')),
      { summary: `Version ${V1} of prod-disks/disk-a does not allow wrapKey and unwrapKey any more.`, undo: allBack },
    ],
    ['every operation removed', oneVersion(may()), { undo: allBack }],
    [
      'an operation exchanged: only what was approved is put back',
      oneVersion(may('unwrapKey', 'sign'), { operations: ['wrapKey', 'unwrapKey'] }),
      { undo: restoring({ operations: ['wrapKey', 'unwrapKey'] }) },
    ],
    [
      'an operation removed from a retired version: alerted',
      oneVersion({ enabled: false, ...may('sign') }, { enabled: false }),
      { stopsDisks: false, undo: undefined },
    ],
  ],
});
