import { describe, expect, test } from 'vitest';
import type { ApprovableAct, Approval } from '../../../../shared/domain/approval.ts';
import type { Judgement } from '../../../../shared/domain/decision.ts';
import type { Finding } from '../../../../shared/domain/finding.ts';
import type { ObservedVersion } from '../../../../shared/domain/key.ts';
import { approvalFor, consumptions } from '../../../../shared/guard/keys/consume.ts';
import {
  ACTED,
  approval,
  approved,
  DETAIL,
  inDays,
  inMs,
  known,
  NOW,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from './situations.ts';

const findingOf = (act: ApprovableAct | undefined, more: Partial<Finding> = {}): Finding => ({
  rule: 'a-rule',
  severity: 'critical',
  version: V1,
  act,
  since: ACTED,
  otherwiseAt: inMs(-60_000),
  firstObservedAt: NOW,
  stopsDisks: true,
  summary: 'Something is not as approved.',
  commands: [],
  ...more,
});
const approvedBy = (act: ApprovableAct, more: Partial<Finding> = {}, by = 'approval-1'): Judgement => ({
  finding: findingOf(act, more),
  verdict: { kind: 'approved', approval: by },
});

describe('the approval for what was found', () => {
  const at = { key: 'disk-a', now: NOW };
  test.each<readonly [says: string, finding: Finding, approvals: readonly Approval[], id: string | undefined]>([
    ['is the one that covers it', findingOf('disable'), [approval()], 'approval-1'],
    [
      'is the first of several that cover it',
      findingOf('disable'),
      [approval({ id: 'other', acts: ['expire'] }), approval({ id: 'first' }), approval({ id: 'second' })],
      'first',
    ],
    ['is none where none covers it', findingOf('expire'), [approval()], undefined],
    [
      'is none where its window was over when it was last observed otherwise',
      findingOf('disable'),
      [approval({ until: inMs(-60_001) })],
      undefined,
    ],
    ['is none of what people cannot approve', findingOf(undefined), [approval()], undefined],
  ])('%s', (_says, finding, approvals, id) => {
    expect(approvalFor(finding, at, approvals)?.id).toBe(id);
  });
});

describe('an approval that is consumed', () => {
  const changed = (version: Partial<ObservedVersion>, ...judgements: readonly Judgement[]) =>
    consumptions(judgements, situation({ observed: present(shown({ updated: ACTED, ...version })) }));
  const fewer = { detail: { ...DETAIL, operations: ['sign'] } };

  test.each<
    readonly [act: ApprovableAct, version: Partial<ObservedVersion>, becomes: Partial<ReturnType<typeof approved>>]
  >([
    ['disable', { enabled: false }, { enabled: false }],
    ['expire', { expiresOn: inDays(1) }, { expiresOn: inDays(1) }],
    ['not-before', { notBefore: inDays(1) }, { notBefore: inDays(1) }],
    ['operations', fewer, { operations: ['sign'] }],
  ])('makes the state that it allows the approved one, and nothing else: %s', (act, version, becomes) => {
    const everything = { enabled: false, expiresOn: inDays(1), notBefore: inDays(1), ...fewer };
    for (const shownAs of [version, everything])
      expect(changed(shownAs, approvedBy(act))).toEqual([
        {
          kind: 'approve-version',
          version: V1,
          created: shown().created,
          attributes: approved(becomes),
          because: 'approval approval-1',
          consumed: {
            approval: 'approval-1',
            act,
            at: ACTED,
            otherwiseAt: inMs(-60_000),
            before: approved(),
          },
        },
      ]);
  });

  test('leaves approved operations where they were not read', () => {
    expect(changed({ enabled: false, detail: undefined }, approvedBy('disable'))).toMatchObject([
      { attributes: approved({ enabled: false }) },
    ]);
  });

  test('is each consumed on what the one before it left', () => {
    const both = changed(
      { enabled: false, expiresOn: inDays(1) },
      approvedBy('disable'),
      approvedBy('expire', {}, 'approval-2'),
    );
    expect(both).toMatchObject([
      { attributes: approved({ enabled: false }), consumed: { approval: 'approval-1', before: approved() } },
      {
        attributes: approved({ enabled: false, expiresOn: inDays(1) }),
        consumed: { approval: 'approval-2', before: approved({ enabled: false }) },
      },
    ]);
  });

  test('is consumed on its own version', () => {
    const two = situation({
      observed: present(shown({ version: V2, enabled: false }), shown({ enabled: false })),
      record: recordOf({ [V1]: known(), [V2]: known() }),
    });
    expect(consumptions([approvedBy('disable', { version: V2 })], two)).toMatchObject([{ version: V2 }]);
  });

  test('keeps a deleted key deleted until Azure purges it', () => {
    const deleted = situation({
      observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: inDays(90) },
    });
    expect(consumptions([approvedBy('delete', { version: undefined })], deleted)).toEqual([
      {
        kind: 'set-standing',
        standing: {
          kind: 'deletion-approved',
          approval: 'approval-1',
          deletedOn: ACTED,
          otherwiseAt: inMs(-60_000),
          scheduledPurgeOn: inDays(90),
        },
      },
    ]);
  });

  test.each<readonly [verdict: Judgement['verdict']]>([
    [{ kind: 'left-to-people' }],
    [{ kind: 'settling' }],
    [{ kind: 'undo' }],
  ])('is none where nothing was approved: $kind', (verdict) => {
    expect(changed({ enabled: false }, { finding: findingOf('disable'), verdict })).toEqual([]);
  });

  test('changes nothing of a version that is not approved', () => {
    const of = situation({ record: recordOf({ [V1]: known({ attributes: undefined }) }) });
    expect(consumptions([approvedBy('disable')], of)).toEqual([]);
  });
});
