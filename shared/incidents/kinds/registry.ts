import { accessRefused } from './access-refused.ts';
import { approvedActByOther } from './approved-act-by-other.ts';
import { baselineWaits } from './baseline-waits.ts';
import { channelMisconfigured } from './channel-misconfigured.ts';
import { holdSet } from './hold-set.ts';
import { inspectionsStalled } from './inspections-stalled.ts';
import { keyBackedUp } from './key-backed-up.ts';
import { keyContested } from './key-contested.ts';
import { keyUnreadable } from './key-unreadable.ts';
import { keyUnwritable } from './key-unwritable.ts';
import type { KindFacts } from './kind.ts';
import { massBrake } from './mass-brake.ts';
import { ownActUnexplained } from './own-act-unexplained.ts';
import { poisonLeft } from './poison-left.ts';
import { policyInvalid } from './policy-invalid.ts';
import { policyLoosened } from './policy-loosened.ts';
import { purgeAttempted } from './purge-attempted.ts';
import { registerLost } from './register-lost.ts';
import { registerUnreadable } from './register-unreadable.ts';
import { setAside } from './set-aside.ts';
import { settingMisconfigured } from './setting-misconfigured.ts';
import { sweepReplanted } from './sweep-replanted.ts';
import { trailBehind } from './trail-behind.ts';
import { useByUnknownUser } from './use-by-unknown-user.ts';
import { vaultBlind } from './vault-blind.ts';

/** Every kind of incident that no rule makes. */
export const kinds: readonly KindFacts[] = [
  accessRefused,
  approvedActByOther,
  baselineWaits,
  channelMisconfigured,
  holdSet,
  inspectionsStalled,
  keyBackedUp,
  keyContested,
  keyUnreadable,
  keyUnwritable,
  massBrake,
  ownActUnexplained,
  poisonLeft,
  policyInvalid,
  policyLoosened,
  purgeAttempted,
  registerLost,
  registerUnreadable,
  setAside,
  settingMisconfigured,
  sweepReplanted,
  trailBehind,
  useByUnknownUser,
  vaultBlind,
];
