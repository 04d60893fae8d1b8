import fc from 'fast-check';
import { type Approval, approvableActs } from '../../../../shared/domain/approval.ts';
import type { Situation } from '../../../../shared/domain/finding.ts';
import { type Hold, settlements } from '../../../../shared/domain/hold.ts';
import type { Attributes, ObservedVersion } from '../../../../shared/domain/key.ts';
import type { KeyPolicy } from '../../../../shared/domain/policy.ts';
import {
  type ApprovedVersion,
  type Difference,
  differenceKey,
  type KeyRecord,
  type LastObserved,
  type Standing,
} from '../../../../shared/domain/register.ts';
import type { Given } from '../../../../shared/guard/keys/decide.ts';
import { ACTED, BORN, hold, inDays, inMs, NOW, OPERATIONS, POLICY, V1, V2, V3 } from './situations.ts';

/** Generators of everything that a decision rests on. Moments lie on both sides of every boundary, in whole seconds as a vault's. */

const VERSIONS = [V1, V2, V3] as const;
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });
const operations = fc.subarray([...OPERATIONS]);
const notBefore = maybe(fc.constantFrom(inDays(-100), inMs(-1_000), NOW, inMs(1_000), inDays(1), inDays(400)));
const expiresOn = maybe(
  fc.constantFrom(inDays(-100), NOW, inMs(1_000), inDays(29), inDays(30), inDays(31), inDays(400), inDays(3_651)),
);
const updated = fc.constantFrom(BORN, inDays(-1), ACTED, NOW);
const material = fc.record({
  keyType: fc.constantFrom('RSA', 'EC'),
  keySizeBits: fc.constantFrom(2048, 4096, undefined),
  fingerprint: fc.constantFrom('f1', 'f2'),
});

const attributes: fc.Arbitrary<Attributes> = fc.record({ enabled: fc.boolean(), notBefore, expiresOn, operations });

const observedVersion = (version: string): fc.Arbitrary<ObservedVersion> =>
  fc.record({
    version: fc.constant(version),
    enabled: fc.boolean(),
    notBefore,
    expiresOn,
    created: fc.constantFrom(BORN, inDays(-10)),
    updated,
    detail: maybe(fc.tuple(material, operations).map(([of, may]) => ({ ...of, operations: may }))),
  });

/** Any versions of a key, each once. */
export const observedVersions: fc.Arbitrary<readonly ObservedVersion[]> = fc
  .subarray([...VERSIONS], { minLength: 1 })
  .chain((names) => fc.tuple(...names.map(observedVersion)));

const observed: fc.Arbitrary<Situation['observed']> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ versions: observedVersions, managed: fc.boolean() }).map(shownAs) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deleted' as const),
      managed: fc.boolean(),
      deletedOn: updated,
      scheduledPurgeOn: maybe(fc.constant(inDays(90))),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'absent' as const }) },
);

function shownAs({
  versions,
  managed,
}: {
  versions: readonly ObservedVersion[];
  managed: boolean;
}): Situation['observed'] {
  return { kind: 'present', managed, current: versions[0]?.version ?? '', versions };
}

const approvedVersion: fc.Arbitrary<ApprovedVersion> = fc
  .record({
    created: fc.constantFrom(BORN, inDays(-10)),
    attributes: fc.oneof({ weight: 4, arbitrary: attributes }, { weight: 1, arbitrary: fc.constant(undefined) }),
    of: material,
    revoked: maybe(fc.constant('it was imported')),
  })
  .map(({ of, ...known }) => ({ ...known, ...of, consumed: [] }));

const lastObserved: fc.Arbitrary<LastObserved> = fc.record({
  at: fc.constantFrom(inDays(-1), inMs(-60_000)),
  updated: fc.constantFrom(BORN, inDays(-1)),
  enabled: fc.boolean(),
  notBefore,
  expiresOn,
  operations,
  inFullAt: fc.constant(inDays(-1)),
});

const OIDS = fc.constantFrom('anna', 'carl', 'granter');
const before = fc.constantFrom(inDays(-1), inMs(-3_600_000), inMs(-59_000), ACTED);
const lately = fc.oneof(before, fc.constant(NOW));
const someVersion = maybe(fc.constantFrom(...VERSIONS));

const difference: fc.Arbitrary<Difference> = fc.record({
  since: updated,
  otherwiseAt: maybe(before),
  firstObservedAt: before,
  hold: maybe(fc.constant('hold-1')),
});

const standing: fc.Arbitrary<Standing> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'kept' as const }) },
  {
    weight: 1,
    arbitrary: updated.map((deletedOn) => ({ kind: 'deletion-approved' as const, approval: 'consumed', deletedOn })),
  },
  { weight: 1, arbitrary: before.map((at) => ({ kind: 'abandoned' as const, at, by: 'anna', because: 'it is gone' })) },
);

const keyRecord: fc.Arbitrary<KeyRecord> = fc.record({
  approved: fc.record({
    versions: fc.dictionary(fc.constantFrom(...VERSIONS), approvedVersion, { noNullPrototype: true }),
    standing,
  }),
  observed: fc.record({
    current: someVersion,
    versions: fc.dictionary(fc.constantFrom(...VERSIONS), lastObserved, { noNullPrototype: true }),
    differing: fc.dictionary(
      fc.oneof(
        fc
          .tuple(fc.constantFrom(...VERSIONS), fc.constantFrom(...approvableActs))
          .map(([of, act]) => differenceKey(of, act)),
        fc.constant(differenceKey(undefined, 'delete')),
      ),
      difference,
      { noNullPrototype: true },
    ),
    absentSince: maybe(lately),
    incompleteSince: maybe(lately),
    backSince: maybe(lately),
  }),
  inFlight: fc.record({
    recovering: maybe(fc.record({ since: lately, deletedOn: updated })),
    undone: fc.array(
      fc
        .record({ version: someVersion, since: lately, at: before })
        // Nothing is undone before it is done.
        .map(({ version, since, at }) => ({ version, since: new Date(Math.min(since.getTime(), at.getTime())), at })),
      { maxLength: 4 },
    ),
  }),
  audit: fc.record({
    events: fc.array(
      fc.record({
        id: fc.uuid(),
        operation: fc.constantFrom('KeyUpdate', 'KeyDelete', 'KeyImport', 'KeyPurge'),
        version: someVersion,
        at: lately,
        by: fc.record({ oid: OIDS }),
      }),
      { maxLength: 3 },
    ),
    refusals: fc.constant([]),
  }),
});

const policy: fc.Arbitrary<KeyPolicy> = fc
  .record({
    mode: fc.constantFrom('alert' as const, 'block' as const, 'block' as const),
    notifyBeforeExpiryDays: fc.constantFrom(1, 30, 3_650),
  })
  .map((some) => ({ ...POLICY, ...some }));

const person = fc.record({ by: fc.record({ oid: OIDS }), at: lately });

export const approval: fc.Arbitrary<Approval> = fc.record({
  id: fc.uuid(),
  vault: fc.constant('prod-disks'),
  key: fc.constantFrom('disk-a', 'disk-b', '*'),
  version: fc.constantFrom(...VERSIONS, '*'),
  acts: fc.subarray([...approvableActs], { minLength: 1 }),
  by: fc.constantFrom('anyone', 'anna'),
  from: fc.constantFrom(inDays(-400), inMs(-60_000), NOW),
  until: fc.constantFrom(inMs(-60_000), inMs(-1_000), inDays(1)),
  why: fc.constant('arbitrary'),
  asked: fc.constant({ by: { oid: 'asker' }, at: inDays(-401) }),
  granted: maybe(person),
  withdrawn: maybe(person),
});

export const anyHold: fc.Arbitrary<Hold> = fc
  .record({
    vault: maybe(fc.constantFrom('prod-disks', 'test-disks')),
    key: maybe(fc.constantFrom('disk-a', 'disk-b')),
    from: fc.constantFrom(inDays(-2), inMs(-3_600_000)),
    until: fc.constantFrom(inMs(-1_800_000), NOW, inMs(1_000)),
    released: maybe(person),
    settled: maybe(fc.tuple(person, fc.constantFrom(...settlements)).map(([who, as]) => ({ ...who, as }))),
  })
  .map(({ vault, key, ...more }) => ({ ...hold(more), vault, key }));

/** Everything that a decision rests on, with what the holds, approvals, mode and baseline make of it left to chance. */
export const anyGiven: fc.Arbitrary<Given> = fc.record({
  vault: fc.constant('prod-disks'),
  key: fc.constant('disk-a'),
  observed,
  record: keyRecord,
  policy,
  pinned: maybe(fc.constantFrom([], [V1], [V1, V2])),
  now: fc.constantFrom(NOW, inMs(999)),
  baselineAccepted: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  approvals: fc.array(approval, { maxLength: 3 }),
  holds: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(anyHold, { maxLength: 2 }) },
  ),
  blockSince: maybe(fc.constantFrom(inDays(-1), inMs(-60_000), ACTED)),
  sweptOtherwiseAt: maybe(fc.constantFrom(inDays(-1), inMs(-60_000))),
});
