import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const keyContested = incidentKind(
  {
    id: 'key-contested',
    severity: 'critical',
    tells: 'A key was undone for the third time within an hour.',
    ends: { kind: 'with-its-state', when: 'when fewer acts than that were undone within the last hour' },
  },
  (id: KeyId, since: Date, by: Actor | undefined) => ({
    subject: id,
    since,
    summary: `Key ${spell(id)} is made unusable again and again. A hold stops its restoring, on the local Azure only yet; elsewhere, take the keeper's role on the vault away.`,
    judgement: 'restored at most once a minute, until a person stops it',
    ...(by === undefined ? {} : { who: by }),
    command: `key-guardian hold set ${spell(id)} --why "…"`,
  }),
);
