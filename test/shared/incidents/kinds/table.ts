import { describe, expect, test } from 'vitest';
import type { IncidentDraft } from '../../../../shared/incidents/draft.ts';
import type { KindFacts } from '../../../../shared/incidents/kinds/kind.ts';

export const KEY = { vault: 'prod-disks', key: 'disk-a' };
export const AT = new Date('2026-03-01T12:00:00.000Z');
export const MALLORY = { oid: '0f0e0d0c-0000-4000-8000-000000000002', name: 'mallory@contoso.example' };

/** What an incident of a kind says, a line each. */
export type Says = readonly [when: string, draft: IncidentDraft, says: Partial<IncidentDraft>];

/** A kind's test is its manual: what people are told, word for word. */
export function describeKind(kind: KindFacts, rows: readonly Says[]): void {
  describe(kind.id, () => {
    test.each(rows)('%s', (_when, draft, says) => {
      expect(draft).toMatchObject({ kind: kind.id, severity: kind.severity, ...says });
    });
  });
}
