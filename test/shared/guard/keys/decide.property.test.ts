import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Undo } from '../../../../shared/domain/actions/registry.ts';
import { covers } from '../../../../shared/domain/approval.ts';
import { type Ended, undoneBy } from '../../../../shared/domain/decision.ts';
import type { AttributeChange, ObservedVersion } from '../../../../shared/domain/key.ts';
import { approvedVersions, type KeyRecord, type RegisterChange } from '../../../../shared/domain/register.ts';
import { decide, type Given, type KeyDecision } from '../../../../shared/guard/keys/decide.ts';
import { nextRecord, recordAfterActing } from '../../../../shared/guard/keys/next-record.ts';
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
function observedAfter(action: Undo, { observed, now }: Given, beneath: readonly ObservedVersion[]): Given['observed'] {
  if (action.kind === 'recover-key')
    return { kind: 'present', managed: false, current: beneath[0]?.version ?? '', versions: beneath };
  if (observed.kind !== 'present') return observed;
  const versions = observed.versions.map((version) =>
    version.version === action.version ? updated(version, action.change, now) : version,
  );
  return { ...observed, versions };
}

/** What becomes approved with a finding that is undone, where the approved date cannot be had again. */
function approvedBy(
  { finding: { approves, version }, verdict }: KeyDecision['judgements'][number],
  record: KeyRecord,
): readonly RegisterChange[] {
  const known = version === undefined ? undefined : record.approved.versions[version];
  if (verdict.kind !== 'undo' || approves === undefined) return [];
  if (version === undefined || known?.attributes === undefined) return [];
  const { notBefore = known.attributes.notBefore, expiresOn = known.attributes.expiresOn } = approves;
  const attributes = { ...known.attributes, notBefore, expiresOn };
  const because = 'a date that was set cannot be taken away';
  return [{ kind: 'approve-version', version, created: known.created, attributes, because }];
}

/** An action that the vault took, and shows. */
const taken = (action: Undo, decision: KeyDecision, now: Date): Ended => ({
  intent: { id: 'intent', at: now, action, findings: [...undoneBy(action, decision)] },
  outcome: { kind: action.kind === 'recover-key' ? 'begun' : 'done' },
  isTaken: true,
});

/** Everything as it is after all actions were done and what became approved was written, what was observed as well or not. */
function done(
  given: Given,
  decision: KeyDecision,
  beneath: readonly ObservedVersion[],
  isObservationWritten: boolean,
): Given {
  const { now, observed } = given;
  const after = decision.actions.reduce(
    (shown, action) => observedAfter(action, { ...given, observed: shown }, beneath),
    observed,
  );
  const consumed = isObservationWritten
    ? nextRecord(given.record, decision, { observed, readAt: now, now })
    : withChanges(given.record, decision.changes);
  // One after the other: each is made from what the one before left.
  const record = decision.judgements.reduce((so, judgement) => withChanges(so, approvedBy(judgement, so)), consumed);
  const ended = decision.actions.map((action) => taken(action, decision, now));
  return { ...given, observed: after, record: recordAfterActing(record, ended, now) };
}

/** Whether more is demanded of the key than before: it came back, or an approval made a retired version one to be used. */
const demandsMore = ({ actions, changes }: KeyDecision): boolean =>
  actions.some(({ kind }) => kind === 'recover-key') ||
  changes.some((change) => change.kind === 'approve-version' && change.consumed?.act === 'enable');

/** Everything as it is when all was done that was decided, and again for as long as more was demanded. */
function settled(given: Given, beneath: readonly ObservedVersion[], isObservationWritten: boolean, rounds = 0): Given {
  const decision = decide(given);
  const next = done(given, decision, beneath, isObservationWritten);
  return demandsMore(decision) && rounds < 3 ? settled(next, beneath, isObservationWritten, rounds + 1) : next;
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
      fc.property(anyGiven, observedVersions, fc.boolean(), (given, beneath, isObservationWritten) => {
        const { actions, changes } = decide(settled(given, beneath, isObservationWritten));
        expect(actions).toEqual([]);
        // Of what was not read in full there may be more to learn.
        expect(changes.filter(({ kind }) => kind !== 'know-version')).toEqual([]);
      }),
      // What needs two findings on one version is rare.
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
          const approved = record.approved.versions[action.version]?.attributes;
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
        (some, approvals, beneath, isObservationWritten) => {
          const given: Given = { ...some, ...free, approvals };
          const decision = decide(given);
          const covered = decision.judgements.flatMap(({ finding }) => {
            const { act, version, otherwiseAt } = finding;
            return act !== undefined &&
              approvals.some((one) => covers(one, { key: given.key, version, act, otherwiseAt }, given.now))
              ? [{ version, attribute: ATTRIBUTE_OF[act] }]
              : [];
          });
          const later = done(given, decision, beneath, isObservationWritten);
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
