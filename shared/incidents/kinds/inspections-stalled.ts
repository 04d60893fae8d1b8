import { spell } from '../../domain/key.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind } from './kind.ts';

export const inspectionsStalled = incidentKind(
  {
    id: 'inspections-stalled',
    severity: 'critical',
    tells: 'A key that differs was queued for a look, and for two minutes nobody looked: nothing is undone.',
    ends: { kind: 'with-its-state', when: 'when somebody looks again' },
  },
  (vault: string, key: string, since: Date) => ({
    subject: { vault },
    since,
    summary: `Nobody has looked at ${spell({ vault, key })} since ${utc(since)}, though it is not as approved: nothing is undone in ${vault}. See whether the function inspect runs.`,
    judgement: 'left to people',
  }),
);
