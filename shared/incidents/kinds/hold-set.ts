import { NO_VAULT } from '../../domain/audit-record.ts';
import { type Hold, spellHold } from '../../domain/hold.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind } from './kind.ts';

export const holdSet = incidentKind(
  {
    id: 'hold-set',
    severity: 'critical',
    tells: 'A person stopped writes. Everyone hears of it.',
    ends: { kind: 'with-its-state', when: 'with the hold' },
  },
  (hold: Hold) => ({
    subject: { vault: hold.vault ?? NO_VAULT, ...(hold.key === undefined ? {} : { key: hold.key }) },
    since: hold.from,
    summary: `A hold stops every write to ${spellHold(hold)} until ${utc(hold.until)}: ${hold.why}`,
    judgement: 'set by a person',
    who: hold.by,
  }),
);
