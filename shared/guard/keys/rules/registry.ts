import type { Rule } from '../../../domain/finding.ts';
import { deletedKeyBack } from './deleted-key-back.ts';
import { keyDeleted } from './key-deleted.ts';
import { keyMissing } from './key-missing.ts';
import { keyPurged } from './key-purged.ts';
import { keyRecreated } from './key-recreated.ts';
import { retiredVersionEnabled } from './retired-version-enabled.ts';
import { versionBornWeak } from './version-born-weak.ts';
import { versionChanged } from './version-changed.ts';
import { versionDisabled } from './version-disabled.ts';
import { versionExpired } from './version-expired.ts';
import { versionExpiryNearer } from './version-expiry-nearer.ts';
import { versionNotBeforeLater } from './version-not-before-later.ts';
import { versionOperationsRemoved } from './version-operations-removed.ts';

/** Every rule that a key is held to. One file a rule; a test holds this list to the folder. */
export const rules: readonly Rule[] = [
  keyDeleted,
  keyMissing,
  keyPurged,
  keyRecreated,
  deletedKeyBack,
  versionDisabled,
  versionExpiryNearer,
  versionNotBeforeLater,
  versionOperationsRemoved,
  retiredVersionEnabled,
  versionChanged,
  versionExpired,
  versionBornWeak,
];
