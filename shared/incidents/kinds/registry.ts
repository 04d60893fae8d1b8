import { accessCut } from './access-cut.ts';
import { accessRefused } from './access-refused.ts';
import { approvedActByOther } from './approved-act-by-other.ts';
import { baselineWaiting } from './baseline-waiting.ts';
import { channelTest } from './channel-test.ts';
import { glassBroken } from './glass-broken.ts';
import { guardianBlind } from './guardian-blind.ts';
import { guardianUnwell } from './guardian-unwell.ts';
import { holdEnding } from './hold-ending.ts';
import { holdSet } from './hold-set.ts';
import { keyFlapping } from './key-flapping.ts';
import { keyUnguarded } from './key-unguarded.ts';
import type { KindFacts } from './kind.ts';
import { ownActUnexplained } from './own-act-unexplained.ts';
import { policyLoosened } from './policy-loosened.ts';
import { purgeAttempted } from './purge-attempted.ts';
import { rotationHeldBack } from './rotation-held-back.ts';
import { rotationOverdue } from './rotation-overdue.ts';
import { rotationPolicyWeaker } from './rotation-policy-weaker.ts';
import { rowForged } from './row-forged.ts';
import { setMoved } from './set-moved.ts';
import { setNotFollowed } from './set-not-followed.ts';
import { trailAnchored } from './trail-anchored.ts';
import { undoRefused } from './undo-refused.ts';
import { unexpectedUse } from './unexpected-use.ts';
import { vaultChanged } from './vault-changed.ts';
import { vaultDeleted } from './vault-deleted.ts';
import { vaultFound } from './vault-found.ts';
import { wave } from './wave.ts';

/** Every kind of incident that no rule makes. */
export const kinds: readonly KindFacts[] = [
  accessCut,
  accessRefused,
  approvedActByOther,
  baselineWaiting,
  channelTest,
  glassBroken,
  guardianBlind,
  guardianUnwell,
  holdEnding,
  holdSet,
  keyFlapping,
  keyUnguarded,
  ownActUnexplained,
  policyLoosened,
  purgeAttempted,
  rotationHeldBack,
  rotationOverdue,
  rotationPolicyWeaker,
  rowForged,
  setMoved,
  setNotFollowed,
  trailAnchored,
  undoRefused,
  unexpectedUse,
  vaultChanged,
  vaultDeleted,
  vaultFound,
  wave,
];
