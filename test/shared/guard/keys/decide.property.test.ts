import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers } from '../../../../shared/domain/approval.ts';
import type { Action, Decision } from '../../../../shared/domain/decision.ts';
import type { AttributeChange, ObservedVersion } from '../../../../shared/domain/key.ts';
import { approvedVersions, type KeyRecord, type RegisterChange } from '../../../../shared/domain/register.ts';
import { isOlderThanSeen } from '../../../../shared/guard/approvals.ts';
import { decide, type Given } from '../../../../shared/guard/decide.ts';
import { afterLook, afterWriting } from '../../../../shared/guard/next-record.ts';
import { withChanges } from '../../../../shared/register/changes.ts';
import { anyGiven, anyHold, approval, observedVersions } from './arbitrary.ts';
import { hold, inDays, POLICY } from './situations.ts';

const RUNS = { numRuns: 3_000 };

/** The version as an update leaves it: what is left out of the change is left alone, and `updated` moves to the whole second. */
function updated(version: ObservedVersion, change: AttributeChange, now: Date): ObservedVersion {
  const { detail } = version;
  const {
    enabled = version.enabled,
    notBefore = version.notBefore,
    expiresOn = version.expiresOn,
    operations,
  } = change;
  return {
    ...version,
    enabled,
    notBefore,
    expiresOn,
    updated: new Date(Math.floor(now.getTime() / 1_000) * 1_000),
    detail: detail === undefined || operations === undefined ? detail : { ...detail, operations },
  };
}

/** What the vault shows after an action. A key that comes back has the versions that lay beneath. */
function observedAfter(
  action: Action,
  { observed, now }: Given,
  beneath: readonly ObservedVersion[],
): Given['observed'] {
  if (action.kind === 'recover-key')
    return { kind: 'present', managed: false, current: beneath[0]?.version ?? '', versions: beneath };
  if (observed.kind !== 'present') return observed;
  const versions = observed.versions.map((version) =>
    version.version === action.version ? updated(version, action.change, now) : version,
  );
  return { ...observed, versions };
}

/** What becomes approved with an action, where the approved date cannot be had again. */
function approvedBy({ judgements }: Decision, record: KeyRecord): readonly RegisterChange[] {
  return judgements.flatMap(({ finding, verdict }): readonly RegisterChange[] => {
    const { remedy, version } = finding;
    const known = version === undefined ? undefined : record.versions[version];
    if (verdict.kind !== 'undo' || remedy.kind !== 'restore' || remedy.approves === undefined) return [];
    if (version === undefined || known?.approved === undefined) return [];
    const { notBefore = known.approved.notBefore, expiresOn = known.approved.expiresOn } = remedy.approves;
    const approved = { ...known.approved, notBefore, expiresOn };
    return [
      { kind: 'approve-version', version, created: known.created, approved, because: 'a date cannot be taken away' },
    ];
  });
}

/** Everything as it is after all actions were done and what became approved was written, the look itself as well or not. */
function done(given: Given, decision: Decision, beneath: readonly ObservedVersion[], isLookWritten: boolean): Given {
  const observed = decision.actions.reduce(
    (shown, action) => observedAfter(action, { ...given, observed: shown }, beneath),
    given.observed,
  );
  const spent = isLookWritten ? afterLook(given, decision, given.now) : withChanges(given.record, decision.changes);
  // One after the other: each is made from what the one before left.
  const record = decision.judgements.reduce(
    (so, judgement) => withChanges(so, approvedBy({ ...decision, judgements: [judgement] }, so)),
    spent,
  );
  return { ...given, observed, record: afterWriting(record, decision.actions) };
}

/** Whether more is demanded of the key than before: it came back, or an approval made a retired version one to be used. */
const demandsMore = ({ actions, changes }: Decision): boolean =>
  actions.some(({ kind }) => kind === 'recover-key') ||
  changes.some((change) => change.kind === 'approve-version' && change.spent?.act === 'enable');

/** Everything as it is when all was done that was decided, and again for as long as more was demanded. */
function settled(given: Given, beneath: readonly ObservedVersion[], isLookWritten: boolean, rounds = 0): Given {
  const decision = decide(given);
  const next = done(given, decision, beneath, isLookWritten);
  return demandsMore(decision) && rounds < 3 ? settled(next, beneath, isLookWritten, rounds + 1) : next;
}

/** What an act is about, as an update would name it. */
const ATTRIBUTE_OF = {
  disable: 'enabled',
  enable: 'enabled',
  expire: 'expiresOn',
  'not-before': 'notBefore',
  operations: 'operations',
  delete: undefined,
} as const;

describe('deciding', () => {
  test('after all that was decided is done finds nothing more to do', () => {
    fc.assert(
      fc.property(anyGiven, observedVersions, fc.boolean(), (given, beneath, isLookWritten) => {
        expect(decide(settled(given, beneath, isLookWritten)).actions).toEqual([]);
      }),
      // What needs two findings on one version, one of them undated, is rare.
      { numRuns: 10_000 },
    );
  });

  test('never goes away from what was approved', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const { observed, record } = given;
        for (const action of decide(given).actions) {
          if (action.kind === 'recover-key') {
            expect(observed).toMatchObject({ kind: 'deleted', deletedOn: action.deletedOn });
            expect(approvedVersions(record)).not.toEqual([]);
            continue;
          }
          const approved = record.versions[action.version]?.approved;
          const shown =
            observed.kind === 'present'
              ? observed.versions.find(({ version }) => version === action.version)
              : undefined;
          if (approved === undefined || shown === undefined) throw new Error('Nobody approved what would be written.');
          const { enabled, notBefore, expiresOn, operations } = action.change;
          expect(approved.enabled).toBe(true);
          expect(enabled).not.toBe(false);
          for (const operation of operations ?? []) expect(approved.operations).toContain(operation);
          if (expiresOn !== undefined && expiresOn.getTime() !== approved.expiresOn?.getTime())
            expect(expiresOn.getTime()).toBeGreaterThanOrEqual(shown.expiresOn?.getTime() ?? Number.NaN);
          if (notBefore !== undefined && notBefore.getTime() !== approved.notBefore?.getTime())
            expect(notBefore).toEqual(shown.created);
        }
      }),
      RUNS,
    );
  });

  test('comes to one write a version at most, and to none beside recovering the key', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const { actions } = decide(given);
        const names = actions.map((action) => (action.kind === 'recover-key' ? 'key' : action.version));
        expect(new Set(names).size).toBe(names.length);
        if (names.includes('key')) expect(names).toEqual(['key']);
      }),
      RUNS,
    );
  });

  test('says the same twice', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        expect(decide(given)).toEqual(decide(given));
      }),
      RUNS,
    );
  });
});

describe('nothing is undone', () => {
  test('in mode alert', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        expect(decide({ ...given, policy: { ...given.policy, mode: 'alert' } }).actions).toEqual([]);
      }),
      RUNS,
    );
  });

  test('while a hold is on the key, its vault or everything, whatever other holds there are', () => {
    const standing = fc.constantFrom(
      hold(),
      { ...hold(), key: undefined },
      { ...hold(), key: undefined, vault: undefined },
    );
    fc.assert(
      fc.property(anyGiven, standing, fc.array(anyHold), (given, held, others) => {
        expect(decide({ ...given, holds: [...others, held] }).actions).toEqual([]);
      }),
      RUNS,
    );
  });

  test('before a baseline is accepted', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        expect(decide({ ...given, baselineAccepted: false }).actions).toEqual([]);
      }),
      RUNS,
    );
  });

  test('of a key behind a certificate', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const { observed } = given;
        if (observed.kind !== 'present') return;
        expect(decide({ ...given, observed: { ...observed, managed: true } }).actions).toEqual([]);
      }),
      RUNS,
    );
  });

  test('that an approval covers: not now, and not when the approval is gone and the rest was undone', () => {
    const free = { policy: POLICY, holds: [], baselineAccepted: true };
    fc.assert(
      fc.property(
        anyGiven,
        fc.array(approval, { minLength: 1, maxLength: 3 }),
        observedVersions,
        fc.boolean(),
        (some, approvals, beneath, isLookWritten) => {
          const given: Given = { ...some, ...free, approvals, record: { ...some.record, acts: [] } };
          const decision = decide(given);
          const covered = decision.judgements.flatMap(({ finding }) => {
            const { act, version, since, latest = since } = finding;
            return act !== undefined &&
              !isOlderThanSeen(finding, given.record) &&
              approvals.some((one) =>
                [since, latest].every((at) => covers(one, given.key, { act, version, at, by: undefined })),
              )
              ? [{ version, attribute: ATTRIBUTE_OF[act] }]
              : [];
          });
          const later = done(given, decision, beneath, isLookWritten);
          const again = decide({ ...later, approvals: [], now: inDays(1) });
          for (const action of [...decision.actions, ...again.actions]) {
            for (const { version, attribute } of covered) {
              if (action.kind === 'recover-key') expect(version).toBeDefined();
              else if (action.version === version && attribute !== undefined)
                expect(action.change).not.toHaveProperty(attribute);
            }
          }
        },
      ),
      RUNS,
    );
  });
});
