import * as z from 'zod';
import {
  type AttributeChange,
  attributeChange,
  keyId,
  type ObservedVersion,
  sameOperations,
  spell,
  versionNamed,
} from '../key.ts';
import { versionOf } from '../subject.ts';
import { sameMoment, utc } from '../time.ts';
import type { ActionFacts } from './action.ts';

/** Restores attributes of a version: only the attributes in `change` are written. */
export const restoreVersion = z.object({
  kind: z.literal('restore-version'),
  ...keyId.shape,
  version: z.string(),
  change: attributeChange,
});

/** The facts of restoring a version. @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key/update-key */
export const restoreVersionFacts = ({ vault, key, version, change }: z.infer<typeof restoreVersion>): ActionFacts => ({
  subject: versionOf({ vault, key }, version),
  says: `restore ${spell({ vault, key, version })}: ${spellChange(change)}`,
  loggedAs: 'KeyUpdate',
  showsAtOnce: true,
  send: ({ writes }, requestId) => writes(vault).update(key, version, change, requestId),
  isShown: (observed) => has(versionNamed(observed, version), change),
});

const has = (
  version: ObservedVersion | undefined,
  { enabled, notBefore, expiresOn, operations }: AttributeChange,
): boolean =>
  version !== undefined &&
  (enabled === undefined || version.enabled === enabled) &&
  (notBefore === undefined || sameMoment(version.notBefore, notBefore)) &&
  (expiresOn === undefined || sameMoment(version.expiresOn, expiresOn)) &&
  (operations === undefined || (version.detail !== undefined && sameOperations(version.detail.operations, operations)));

const spellChange = ({ enabled, notBefore, expiresOn, operations }: AttributeChange): string =>
  [
    ...(enabled === undefined ? [] : [enabled ? 'enabled' : 'disabled']),
    ...(notBefore === undefined ? [] : [`not before ${utc(notBefore)}`]),
    ...(expiresOn === undefined ? [] : [`expires on ${utc(expiresOn)}`]),
    ...(operations === undefined ? [] : [`operations ${operations.join(' ')}`]),
  ].join(', ');
