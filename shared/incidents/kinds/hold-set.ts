import { type Hold, spellHold, subjectOfHold } from '../../domain/hold.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind, withItsState } from './kind.ts';

export const holdSet = incidentKind(
  {
    id: 'hold-set',
    severity: 'critical',
    audience: 'on-call',
    tells: 'A person stopped every write of the guardian. Everyone is alerted.',
    ...withItsState('with the hold'),
  },
  (hold: Hold) => ({
    subject: subjectOfHold(hold),
    since: hold.from,
    summary: `A hold stops every write to ${spellHold(hold)} until ${utc(hold.until)}, so that the guardian restores nothing there: “${hold.why}”`,
    judgement: 'set by a person; whoever is on call has to see whether it is meant, now',
    who: hold.by,
    commands: [
      `key-guardian hold release ${hold.id} --undo  # if it is not meant: restores what changed meanwhile as well`,
    ],
  }),
);
