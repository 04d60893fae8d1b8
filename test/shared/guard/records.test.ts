import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import type { Hint } from '../../../shared/domain/hint.ts';
import { policyHash, policy as policySchema } from '../../../shared/domain/policy.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { hintEntry, recordedDecision } from '../../../shared/guard/records.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const ACTED = new Date('2026-03-01T11:58:00Z');
const policy = policySchema.parse({ vaults: [{ name: 'prod-disks' }] });
const needs = { scope: { file: policy }, now: () => AT, newId: () => 'new' };
const subject = keyOf({ vault: 'prod-disks', key: 'disk-a' });

const hint = (id: string, sense: Hint['sense']): Hint => ({ id, sense, sensedAt: AT, says: { kind: 'differs' } });

/** A decision about so many versions, each left to people. */
const decisionOn = (versions: number): Decision => ({
  judgements: Array.from({ length: versions }, (_, nth) => ({
    finding: {
      rule: 'version-disabled',
      severity: 'critical',
      version: String(nth),
      since: ACTED,
      firstObservedAt: ACTED,
      stopsDisks: true,
      summary: 'It is disabled. '.repeat(60),
    },
    verdict: { kind: 'left-to-people' },
  })),
  actions: [],
  inspectAgainInSeconds: undefined,
});

describe('the record of a decision', () => {
  test('names the senses of its hints, each once, and the policy by its hash', () => {
    const hints = [hint('a', 'sweep'), hint('b', 'audit-log'), hint('c', 'sweep')];
    const { entries } = recordedDecision(subject, decisionOn(1), hints, undefined, needs);
    expect(entries).toMatchObject([
      { hints: { ids: ['a', 'b', 'c'], senses: ['sweep', 'audit-log'], count: 3 }, policy: policyHash(policy) },
    ]);
    expect(entries[0]?.detail).not.toHaveProperty('part');
  });

  test('is several records where it has more than 50 findings, each of them small enough for a workspace', () => {
    const { entries } = recordedDecision(subject, decisionOn(120), [], undefined, needs);
    expect(entries.map(({ detail: { part, parts } }) => [part, parts])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    const findings = entries.flatMap(({ detail }) => (Array.isArray(detail.findings) ? detail.findings : []));
    expect(findings).toHaveLength(120);
    for (const { detail } of entries) expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(64_000);
  });
});

test('the record of an act has the time of the act beside the time of the record, and who did it', () => {
  const by = { oid: 'o-1', kind: 'user', name: 'mallory@contoso.example', appId: 'a-1' } as const;
  const says = { kind: 'act', operation: 'KeyUpdate', by, at: ACTED } as const;
  expect(hintEntry(subject, { id: 'h', sense: 'audit-log', sensedAt: AT, says }, needs)).toMatchObject({
    time: AT,
    happenedAt: ACTED,
    who: by,
    hints: { senses: ['audit-log'] },
  });
});
