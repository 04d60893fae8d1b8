import type { BlobClient } from '@azure/storage-blob';

/** How long reading the text of one blob may take: a day's stream has some tens of megabytes. */
const DOWNLOAD_TIMEOUT_MS = 60_000;
/** How long the service may take before it begins to answer. */
const ANSWER_TIMEOUT_MS = 4_500;

/**
 * The text of a blob between two byte positions, read as UTF-8. Throws what the client throws, also where the service has
 * not begun to answer after 4.5 s or has not finished after 60 s.
 *
 * @param untilByte not below `fromByte`; default: the end as it then is
 */
export async function textOf(client: BlobClient, fromByte: number, untilByte?: number): Promise<string> {
  const countBytes = untilByte === undefined ? undefined : untilByte - fromByte;
  if (countBytes === 0) return ''; // the client takes a count of 0 for none
  const unanswered = new AbortController();
  const timer = setTimeout(() => unanswered.abort(), ANSWER_TIMEOUT_MS);
  try {
    const abortSignal = AbortSignal.any([unanswered.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
    const { readableStreamBody } = await client.download(fromByte, countBytes, { abortSignal });
    clearTimeout(timer);
    const chunks: Buffer[] = [];
    for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    clearTimeout(timer);
  }
}
