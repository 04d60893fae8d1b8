import { expect, test } from 'vitest';
import { auditEventsSent } from '../../../../shared/posture/checks/audit-events-sent.ts';
import { known, unknown } from '../../../../shared/posture/facts.ts';
import { NOW, vaultFacts } from '../facts.ts';

const sending = (...settings: readonly (readonly string[])[]) =>
  auditEventsSent.check(
    vaultFacts(
      {},
      {
        diagnosticSettings: known(
          settings.map((logs) => ({ logs, workspaceId: '/w', hubRuleId: undefined, hubName: undefined })),
        ),
      },
    ),
    NOW,
  );

test.each([
  ['the category AuditEvent', [['auditevent']]],
  ['the group audit', [['audit']]],
  ['all logs, by another setting', [['azurepolicyevaluationdetails'], ['alllogs']]],
])('a vault is accepted whose diagnostic setting sends %s', (_, settings) => {
  expect(sending(...settings)).toEqual([]);
});

test.each<[string, readonly (readonly string[])[]]>([
  ['no diagnostic setting', []],
  ['a diagnostic setting of another category', [['azurepolicyevaluationdetails']]],
  ['a diagnostic setting that sends no logs', [[]]],
])('a vault with %s is found', (_, settings) => {
  expect(sending(...settings)).toMatchObject([{ kind: 'finding' }]);
});

test('diagnostic settings that could not be read are unknown', () => {
  expect(auditEventsSent.check(vaultFacts({}, { diagnosticSettings: unknown('no right') }), NOW)).toEqual([
    { kind: 'unknown', because: 'no right' },
  ]);
});
