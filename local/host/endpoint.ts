import { createServer, type IncomingMessage } from 'node:http';

/** An answer of the host's endpoint. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request, read to its end. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
}

/** Answers the requests that are meant for it; `undefined` for any other. */
export type Answerer = (asked: Asked) => Promise<Answer | undefined>;

/** The host's HTTP endpoint, on the loopback address. */
export interface Endpoint {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  stop(): Promise<void>;
}

const host = '127.0.0.1';

/** Listens on the loopback address. A request goes to the first answerer that it is meant for. */
export async function endpoint(answerers: readonly Answerer[], port: number): Promise<Endpoint> {
  const server = createServer((request, response) => {
    void answerTo(request, answerers).then(({ status, headers = {}, body }) =>
      response.writeHead(status, headers).end(body),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The endpoint of the host has no port.');
  return {
    origin: `http://${host}:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answerTo(request: IncomingMessage, answerers: readonly Answerer[]): Promise<Answer> {
  try {
    const asked = { request, url: new URL(request.url ?? '/', `http://${host}`), body: await textOf(request) };
    for (const answerer of answerers) {
      const answer = await answerer(asked);
      if (answer !== undefined) return answer;
    }
    return { status: 404 };
  } catch (error) {
    // The real host's answer to an exception of an extension, as on a body that is no JSON.
    return { status: 500, body: String(error) };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
