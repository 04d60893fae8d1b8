import { InvalidArgumentError } from '@commander-js/extra-typings';

const LARGEST_SEED = 0xffff_ffff;

/** A seed as it was printed. Throws `InvalidArgumentError` for what is none. */
export function parseSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > LARGEST_SEED)
    throw new InvalidArgumentError(`Give the seed as a whole number from 0 to ${LARGEST_SEED}.`);
  return Number(text);
}

/** Says from which seed the local Azure takes what it leaves to chance. */
export const seedLine = (seed: number): string =>
  `Chance in the local Azure (ids, orders) comes from seed ${seed}; "--seed ${seed}" starts it from there again.`;
