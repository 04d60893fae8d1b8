/** A stream by name: `audit/2026-03-01/payments` or `register/payments`. Its blobs are `<name>.<n>.jsonl`, n from 0. */
export type StreamName = string;

/** The stream of one day. @param name as `streamOf` says. @param at any moment of that day, UTC */
export const auditStream = (name: string, at: Date): StreamName =>
  `audit/${at.toISOString().slice(0, 'yyyy-mm-dd'.length)}/${name.toLowerCase()}`;

/** The stream that holds baselines and every change of what is approved, from the first day on. @param name as `streamOf` says */
export const registerStream = (name: string): StreamName => `register/${name.toLowerCase()}`;

/** What the names of all blobs of a stream begin with. */
export const blobPrefix = (stream: StreamName): string => `${stream}.`;

/** The name of the n-th blob of a stream, n from 0. */
export const blobName = (stream: StreamName, number: number): string => `${blobPrefix(stream)}${number}.jsonl`;

/**
 * Numbers of the stream's blobs, ascending, from a listing of its prefix. What is no blob of the stream is left out, and
 * so is a number that the trail would spell otherwise (`00`) or will never reach.
 */
export function blobNumbers(stream: StreamName, names: readonly string[]): readonly number[] {
  return names
    .filter((name) => name.startsWith(blobPrefix(stream)))
    .map((name) => /^(0|[1-9]\d{0,8})\.jsonl$/.exec(name.slice(blobPrefix(stream).length))?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((one, other) => one - other);
}
