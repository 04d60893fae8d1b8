import { type Hold, spellHold, subjectOfHold } from '../../domain/hold.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind, withItsState } from './kind.ts';

export const holdEnding = incidentKind(
  {
    id: 'hold-ending',
    severity: 'critical',
    audience: 'on-call',
    tells: 'A hold is about to end: from then on the guardian writes again.',
    ...withItsState('with the hold, or when it is extended'),
  },
  (hold: Hold) => ({
    subject: subjectOfHold(hold),
    since: hold.from,
    summary: `The hold on ${spellHold(hold)} ends on ${utc(hold.until)}: from then on the guardian restores again what is changed. Another person than ${hold.by.name ?? hold.by.oid} can extend it.`,
    judgement: 'it ends by itself; whoever is on call has to see whether it is still needed, now',
    who: hold.by,
    commands: [
      `key-guardian hold extend ${hold.id} --hours 1  # if somebody still works on it`,
      `key-guardian hold release ${hold.id} --undo  # if nobody does: what changed meanwhile is restored`,
      `key-guardian hold release ${hold.id} --accept  # or: it is approved`,
    ],
  }),
);
