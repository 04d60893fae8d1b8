import { type Hold, isInForce, spellHold } from '../../shared/domain/hold.ts';
import { utc } from '../../shared/domain/time.ts';

/** The holds that are in force at this moment. */
export const standing = (holds: readonly Hold[], now: Date): readonly Hold[] =>
  holds.filter((hold) => isInForce(hold, now));

/** A hold in one line, with its id. */
export const holdLine = (hold: Hold): string =>
  `  ${hold.id}  stops writes to ${spellHold(hold)} until ${utc(hold.until)}: ${hold.why}`;
