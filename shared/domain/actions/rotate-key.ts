import * as z from 'zod';
import { keyId, spell } from '../key.ts';
import { keyOf } from '../subject.ts';
import type { ActionFacts } from './action.ts';

/** Makes a new version of a key. `from` is the newest version when it was decided. */
export const rotateKey = z.object({ kind: z.literal('rotate-key'), ...keyId.shape, from: z.string() });

/** The facts of rotating a key. @see https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key/rotate-key */
export const rotateKeyFacts = ({ vault, key, from }: z.infer<typeof rotateKey>): ActionFacts => ({
  subject: keyOf({ vault, key }),
  says: `rotate ${spell({ vault, key })}`,
  loggedAs: 'KeyRotate',
  showsAtOnce: true,
  send: ({ writes }, requestId) => writes(vault).rotate(key, from, requestId),
  isShown: (observed) => observed.kind === 'present' && observed.current !== from,
});
