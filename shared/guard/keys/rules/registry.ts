import type { Rule } from '../../../domain/finding.ts';
import { keyDeleted } from './key-deleted.ts';
import { keyMissing } from './key-missing.ts';
import { keyRecreated } from './key-recreated.ts';
import { versionChanged } from './version-changed.ts';
import { versionDisabled } from './version-disabled.ts';
import { versionExpiring } from './version-expiring.ts';
import { versionNotApproved } from './version-not-approved.ts';
import { versionNotBeforeLater } from './version-not-before-later.ts';
import { versionOperationsRemoved } from './version-operations-removed.ts';

/** Every rule that a key is held to. One file a rule; a test holds this list to the folder. */
export const rules: readonly Rule[] = [
  keyDeleted,
  keyMissing,
  keyRecreated,
  versionDisabled,
  versionExpiring,
  versionNotBeforeLater,
  versionOperationsRemoved,
  versionChanged,
  versionNotApproved,
];
