import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { keyOf } from '../../domain/subject.ts';
import { disksFailAt } from '../draft.ts';
import { incidentKind, rolesAt, withItsState } from './kind.ts';

export const keyFlapping = incidentKind(
  {
    id: 'key-flapping',
    severity: 'critical',
    audience: 'on-call',
    tells: 'A key was undone for the third time within an hour.',
    ...withItsState('when the key stayed usable for ten unbroken minutes'),
  },
  (id: KeyId, since: Date, by: Actor | undefined) => ({
    subject: keyOf(id),
    since,
    // Read while it goes on and after it is over: so it names no command, which only some alerts carry.
    summary: `Key ${spell(id)} was changed three times within an hour, and restored each time. First ask whether a responder of your own does this: if so, set a hold; if not, take the right away from whoever does.`,
    judgement: 'not holding: restored each time, and changed again; whoever is on call has to stop that, now',
    undoing: true,
    deadline: disksFailAt(since),
    who: by,
    commands: [
      `key-guardian hold set ${spell(id)} --why "…"  # if a responder of your own does this: then nothing is restored`,
      `${rolesAt(id.vault, by === undefined || by.oid === 'unknown' ? undefined : shellWord(by.oid))}  # if not: what lets them do it, to be taken away`,
    ],
  }),
);
