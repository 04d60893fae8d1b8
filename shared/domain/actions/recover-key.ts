import * as z from 'zod';
import { keyId, spell } from '../key.ts';
import { keyOf } from '../subject.ts';
import { moment } from '../time.ts';
import type { ActionFacts } from './action.ts';

/** Recovers a deleted key with all its versions. `deletedOn` names the deletion that is undone. */
export const recoverKey = z.object({
  kind: z.literal('recover-key'),
  ...keyId.shape,
  deletedOn: moment,
});

/** The facts of recovering a key. @see https://learn.microsoft.com/rest/api/keyvault/keys/recover-deleted-key/recover-deleted-key */
export const recoverKeyFacts = ({ vault, key }: z.infer<typeof recoverKey>): ActionFacts => ({
  subject: keyOf({ vault, key }),
  says: `recover ${spell({ vault, key })}`,
  loggedAs: 'KeyRecover',
  showsAtOnce: false,
  send: ({ writes }, requestId) => writes(vault).recover(key, requestId),
  isShown: (observed) => observed.kind === 'present' && observed.versions.length > 0,
});
