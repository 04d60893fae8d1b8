import { type Hold, spellHold } from '../../shared/domain/hold.ts';
import { utc } from '../../shared/domain/time.ts';

/** A hold in one line, with its id. */
export const holdLine = (hold: Hold): string =>
  `  ${hold.id}  stops writes to ${spellHold(hold)} until ${utc(hold.until)}: ${hold.why}`;
