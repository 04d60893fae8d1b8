/** A seeded source of chance: the same seed gives the same run. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
  uuid(): string;
}

/** mulberry32: small, fast, and enough for choosing orders and shares; never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits)
      text += Math.floor(next() * 0x1000_0000)
        .toString(16)
        .padStart(7, '0');
    return text.slice(0, digits);
  };
  return {
    next,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}

/** Chance of one seed, in two sources: what is drawn from one moves nothing in the other. */
export interface Chance {
  /** For orders, shares, and the ids of what vaults hold. */
  readonly random: Random;
  /** For the ids of requests, records and events: how many there are, no seed says. */
  readonly ids: Random;
}

/** Of the 2^32 numbers that mulberry32 gives before it begins anew, the two begin half apart. */
const HALF_THE_NUMBERS = 0x8000_0000;

/** The same seed gives the same of each. */
export function seededChance(seed: number): Chance {
  return { random: seededRandom(seed), ids: seededRandom(seed + HALF_THE_NUMBERS) };
}
