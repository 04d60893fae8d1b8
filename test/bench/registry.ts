import { actToFirstAlertMs } from './act-to-first-alert-ms.ts';
import { activityHintsOverJsonParse } from './activity-hints-over-json-parse.ts';
import { blindMinutesWithTimerDead } from './blind-minutes-with-timer-dead.ts';
import type { Measurement } from './figure.ts';
import { hintsOverJsonParse } from './hints-over-json-parse.ts';
import { inspectionsPerSecond } from './inspections-per-second.ts';
import { instancesAskedAt1000Vaults } from './instances-asked-at-1000-vaults.ts';
import { overBareBundle } from './over-bare-bundle.ts';
import { pagesInAWave } from './pages-in-a-wave.ts';
import { propagation } from './propagation.ts';
import { queriesAnHour } from './queries-an-hour.ts';
import { rotationQuotaShare } from './rotation-quota-share.ts';
import { shipOverBareClient } from './ship-over-bare-client.ts';
import { surveyCallsOverFormula } from './survey-calls-over-formula.ts';
import { sweepCallsOverFormula } from './sweep-calls-over-formula.ts';
import { sweepSubscriptionQuotaShare } from './sweep-subscription-quota-share.ts';
import { undoDisableRoundTrips } from './undo-disable-round-trips.ts';
import { undoSlowedByOutage } from './undo-slowed-by-outage.ts';
import { verifyOverSha256 } from './verify-over-sha256.ts';
import { writesInAFight } from './writes-in-a-fight.ts';

/** Every measurement of the bench, one file each, in the order in which they run. */
export const measurements: readonly Measurement[] = [
  undoDisableRoundTrips,
  hintsOverJsonParse,
  activityHintsOverJsonParse,
  inspectionsPerSecond,
  overBareBundle,
  sweepCallsOverFormula,
  surveyCallsOverFormula,
  sweepSubscriptionQuotaShare,
  blindMinutesWithTimerDead,
  instancesAskedAt1000Vaults,
  propagation,
  verifyOverSha256,
  pagesInAWave,
  shipOverBareClient,
  undoSlowedByOutage,
  queriesAnHour,
  rotationQuotaShare,
  writesInAFight,
  // It sets the app's settings for the whole process.
  actToFirstAlertMs,
];
