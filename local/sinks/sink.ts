import { createServer, type IncomingHttpHeaders } from 'node:http';

/** What a service answers to a request. */
export interface SinkAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; nothing where it is left out. */
  readonly body?: unknown;
  /** Sent as plain text, in place of a body. */
  readonly text?: string;
}

/** A stand-in for a service that takes alerts, on a free port of the loopback address. */
export interface Sink {
  readonly address: string;
  close(): Promise<void>;
}

/** Listens until it is closed. @param answer gets the body of each POST as text, and its headers */
export async function startSink(
  path: string,
  answer: (body: string, headers: IncomingHttpHeaders) => SinkAnswer,
): Promise<Sink> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isMeant = request.method === 'POST' && request.url === path;
      const given: SinkAnswer = isMeant
        ? answer(Buffer.concat(chunks).toString('utf8'), request.headers)
        : { status: 404 };
      const { status, headers, body, text = body === undefined ? '' : JSON.stringify(body) } = given;
      const type = given.text === undefined ? 'application/json' : 'text/html';
      response.writeHead(status, { 'content-type': type, ...headers }).end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('The sink has no port.');
  return {
    address: `http://127.0.0.1:${listening.port}${path}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

/** The text as JSON; `undefined` where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Answers 429, with `Retry-After` where a number of seconds is given. */
export const throttled = (retryAfterSeconds?: number): SinkAnswer => ({
  status: 429,
  ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
});
