import * as z from 'zod';
import { publicJwk } from './signer.ts';
import { moment } from './time.ts';

/** The head of a stream: how many records it has, and the hash of the last one, which stands for all of them. */
export const streamHead = z.object({
  stream: z.string().describe('Name of the stream.'),
  records: z.number().int().positive().describe('Records of the stream.'),
  hash: z.string().describe('Hash of the last of them.'),
});
export type StreamHead = z.infer<typeof streamHead>;

/** What a seal says: the `detail` of a record of kind `seal`. */
export const sealDetail = z.object({
  heads: z.array(streamHead).describe('Head of each stream that was appended to since the seal before.'),
  changedAt: moment.describe('Every append before this moment is covered, by the clock of the storage.'),
  key: publicJwk.describe('Public part of the key that signs it.'),
  signature: z
    .string()
    .describe('Over the canonical JSON of the whole record without `hash` and `signature`; base64url.'),
});
export type SealDetail = z.infer<typeof sealDetail>;

/** What of a seal is kept outside the trail: whoever has it can tell later whether the trail up to then is still the same. */
export interface Anchor {
  /** SHA-256, hex, of what the seal signs. It stands for this seal, every seal before it and every record that they name. */
  readonly root: string;
  /** Number of the seal, from 1. */
  readonly seal: number;
  readonly sealedAt: Date;
  /** How many streams it names, and how many records they have in all. */
  readonly streams: number;
  readonly records: number;
  /** RFC 7638 thumbprint of the key that signed it. */
  readonly key: string;
}
