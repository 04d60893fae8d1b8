import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { UNREADABLE } from '../../domain/vault.ts';
import { idOfVault, incidentKind } from './kind.ts';

/** Why a vault refuses a write, by the code of its answer, in words. */
const REFUSED: Readonly<Record<string, string>> = {
  ...UNREADABLE,
  'forbidden-by-permission': 'the guardian has no right to write there',
  conflict: 'something else changes the key',
};

/** A reason that begins with the code of an answer, `throttled: …`, with what that means. */
function inWords(because: string): string {
  const says = REFUSED[because.split(': ')[0] ?? ''];
  return says === undefined ? because : `${says}; ${because}`;
}

export const undoRefused = incidentKind(
  {
    id: 'undo-refused',
    severity: 'critical',
    audience: 'on-call',
    tells: "The vault has refused the guardian's restore for two minutes.",
    ends: 'with-an-inspection',
    endsWhen: 'when the key is restored, or needs no restore any more',
  },
  (id: KeyId, since: Date, because: string) => ({
    subject: keyOf(id),
    since,
    summary: `Key ${spell(id)} cannot be restored: ${inWords(because)}`,
    judgement: 'refused again and again: whoever is on call has to restore it, now',
    commands: [
      `key-guardian restore ${spell(id)}  # under your own rights`,
      `az role assignment list --assignee <keeper> --scope ${idOfVault(id.vault)} --include-inherited --output table  # what the guardian may do there: "npm run connect" gives back what is missing`,
    ],
  }),
);
