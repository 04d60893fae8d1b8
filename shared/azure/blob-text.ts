import type { BlobClient } from '@azure/storage-blob';
import { within } from './deadline.ts';

/** How long reading the text of one blob may take: a day's stream has some tens of megabytes. */
export const DOWNLOAD_TIMEOUT_MS = 60_000;
/** How long the service may take before it begins to answer. */
const ANSWER_TIMEOUT_MS = 4_500;

/** As `bytesOf`, read as UTF-8. */
export const textOf = async (...asked: Parameters<typeof bytesOf>): Promise<string> =>
  (await bytesOf(...asked)).toString('utf8');

/**
 * The bytes of a blob between two positions. Throws what the client throws, and `NoAnswerInTime` where the
 * service has not begun to answer after 4.5 s.
 *
 * @param ending ends it, however much has been read
 * @param untilByte not below `fromByte`; default: the end as it then is
 */
export async function bytesOf(
  client: BlobClient,
  ending: AbortSignal,
  fromByte: number,
  untilByte?: number,
): Promise<Buffer> {
  const countBytes = untilByte === undefined ? undefined : untilByte - fromByte;
  if (countBytes === 0) return Buffer.alloc(0); // the client takes a count of 0 for none
  const { readableStreamBody } = await within(ANSWER_TIMEOUT_MS, (unanswered) =>
    client.download(fromByte, countBytes, { abortSignal: AbortSignal.any([ending, unanswered]) }),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
