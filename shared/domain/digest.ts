import { createHash } from 'node:crypto';

/** The first hex digits of the SHA-256 of a text: an id that follows from its content alone. */
export const digest = (text: string, digits = 32): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);
