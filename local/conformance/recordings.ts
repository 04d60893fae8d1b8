import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UnreadableEvidence } from './errors.ts';

const header = z.union([z.string(), z.array(z.string()).transform((values) => values.join(', '))]);

const recordedExchange = z.object({
  what: z.string(),
  request: z.object({ method: z.string(), url: z.url(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
  response: z.object({ status: z.int(), headers: z.record(z.string(), header), body: z.unknown() }),
});

/** One exchange with the real service. Header names of the answer are in lower case here. */
export interface Exchange {
  /** File and place in it, `key-vault/key-get.json #2`, counted from 1. */
  readonly name: string;
  /** The recorder's sentence: for a request whose body is lost it says what was sent. */
  readonly what: string;
  readonly method: string;
  readonly url: URL;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Parsed JSON; null or `""` means none, and what the recorder wrote for a body that it left out is that string. */
  readonly requestBody: unknown;
  readonly answer: RecordedAnswer;
}

/** The answer of the real service. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `""` means that the answer had no body. */
  readonly body: unknown;
  /** Whether no header was dropped by the recorder, so that an absence tells something. */
  readonly allHeaders: boolean;
  /** Whether a part of the recorded text was replaced, by its recorder or by a newer one, so that its length says nothing. */
  readonly textReplaced: boolean;
}

/** A file of a sequence says once of what its calls are. */
const recordedSequence = z
  .object({ what: z.string(), calls: z.array(recordedExchange.omit({ what: true })) })
  .transform(({ what, calls }) => calls.map((call) => ({ what, ...call })));

/** The exchanges of one file's parsed content, in recorded order. Throws a ZodError where the content has another form. */
export function parseExchanges(file: string, content: unknown): readonly Exchange[] {
  return z
    .union([z.array(recordedExchange), recordedSequence])
    .parse(content)
    .map(({ what, request, response }, index) => ({
      name: `${file} #${index + 1}`,
      what,
      method: request.method,
      url: new URL(request.url),
      requestHeaders: lowerCased(request.headers),
      requestBody: request.body,
      answer: {
        status: response.status,
        headers: lowerCased(response.headers),
        body: response.body,
        allHeaders: what.includes('all headers as on the wire'),
        textReplaced: isOfAnotherLength(response),
      },
    }));
}

/** A name that was replaced shows in a body that is as long as its header says neither compactly nor with the line breaks of compute. */
function isOfAnotherLength({ headers, body }: z.infer<typeof recordedExchange>['response']): boolean {
  const length = lowerCased(headers)['content-length'];
  if (body === '' || length === undefined) return false;
  const indented = JSON.stringify(body, null, 2).replaceAll('\n', '\r\n');
  return ![JSON.stringify(body), indented].some((text) => Buffer.byteLength(text) === Number(length));
}

/** Every exchange below `folder`, by file name. Throws `UnreadableEvidence` naming the file that is missing or malformed. */
export async function readExchanges(folder: string): Promise<readonly Exchange[]> {
  const files = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new UnreadableEvidence(folder, cause);
  });
  const exchanges: Exchange[] = [];
  for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
    try {
      const content: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
      exchanges.push(...parseExchanges(file.replaceAll('\\', '/'), content));
    } catch (cause) {
      throw new UnreadableEvidence(join(folder, file), cause);
    }
  }
  return exchanges;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
