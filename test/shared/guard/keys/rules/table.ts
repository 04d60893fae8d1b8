import { describe, expect, test } from 'vitest';
import type { Found, Rule, Situation } from '../../../../../shared/domain/finding.ts';
import { found } from '../situations.ts';

/** What a rule says nothing of. */
export type Accepted = readonly [says: string, situation: Situation];
/** What a rule finds once, and what must be true of the finding. */
export type Rejected = readonly [says: string, situation: Situation, finding: Partial<Found>];

/** A rule's test is its manual: what it accepts and what it rejects, a line each. */
export function testRule(
  rule: Rule,
  { accepts, rejects }: { readonly accepts: readonly Accepted[]; readonly rejects: readonly Rejected[] },
): void {
  describe(rule.id, () => {
    describe('accepts', () => {
      test.each(accepts)('%s', (_says, situation) => {
        expect(found(rule.id, situation)).toEqual([]);
      });
    });
    describe('rejects', () => {
      test.each(rejects)('%s', (_says, situation, finding) => {
        const all = found(rule.id, situation).map((one) => ({
          version: undefined,
          act: undefined,
          undo: undefined,
          ...one,
        }));
        expect(all).toMatchObject([{ rule: rule.id, severity: rule.severity, ...finding }]);
      });
    });
  });
}
