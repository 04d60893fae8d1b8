/** The name of a stream: `audit/2026-03-01/payments` or `register/payments`. Its blobs are `<name>.<n>.jsonl`, n from 0. */
export type StreamName = string;

/** The stream of one day. @param name from `streamOf`. @param at any moment of that day, UTC */
export const auditStream = (name: string, at: Date): StreamName =>
  `audit/${at.toISOString().slice(0, 'yyyy-mm-dd'.length)}/${name.toLowerCase()}`;

/** The stream with baselines and every change of what is approved, of all days. @param name from `streamOf` */
export const registerStream = (name: string): StreamName => `register/${name.toLowerCase()}`;

/** The stream of the seals of all streams. */
export const SEALS: StreamName = 'seals/guardian';

/** The stream that a blob belongs to; `undefined` where its name is none that the trail gives. */
export function streamOfBlob(name: string): StreamName | undefined {
  const stream = /^(?:audit\/\d{4}-\d{2}-\d{2}|register|seals)\/[^/]+(?=\.\d+\.jsonl$)/.exec(name)?.[0];
  return stream !== undefined && blobNumbers(stream, [name]).length === 1 ? stream : undefined;
}

/** What the names of all blobs of a stream begin with. */
export const blobPrefix = (stream: StreamName): string => `${stream}.`;

/** The name of the n-th blob of a stream, n from 0. */
export const blobName = (stream: StreamName, number: number): string => `${blobPrefix(stream)}${number}.jsonl`;

/**
 * The numbers of a stream's blobs, ascending, from a listing of its prefix. Names that are no blob of the stream are left
 * out, and so are numbers that the trail would write differently (`00`) or will never reach.
 */
export function blobNumbers(stream: StreamName, names: readonly string[]): readonly number[] {
  return names
    .filter((name) => name.startsWith(blobPrefix(stream)))
    .map((name) => /^(0|[1-9]\d{0,8})\.jsonl$/.exec(name.slice(blobPrefix(stream).length))?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((one, other) => one - other);
}
