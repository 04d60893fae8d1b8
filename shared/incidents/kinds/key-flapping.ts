import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { keyOf } from '../../domain/subject.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { DISKS_FAIL_AFTER_MINUTES } from '../draft.ts';
import { incidentKind, withItsState } from './kind.ts';

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
    summary: `Does a responder do this? Then stop the guardian first: by a hold, or by taking the keeper's role on the vault away. Key ${spell(id)} was made unusable three times within an hour and restored each time.`,
    judgement: 'not holding: restored each time, and inspected every 10 s',
    undoing: true,
    deadline: later(since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS),
    who: by,
    commands: [
      `key-guardian hold set ${spell(id)} --why "…"  # only where your own team does this: then nothing is restored`,
      `az role assignment list --scope "$(az keyvault show --name ${id.vault} --query id --output tsv)" --include-inherited${by === undefined || by.oid === 'unknown' ? '' : ` --assignee ${shellWord(by.oid)}`} --output table  # what lets them: take it away, if this is an attack`,
    ],
  }),
);
