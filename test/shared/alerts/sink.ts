import { createServer, type IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** What came in, as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the sink does with the next request: answers with a status, drops the connection, or never answers. */
export type SinkAnswer = { readonly status: number; readonly location?: string } | 'drop' | 'silence';

export interface Sink {
  readonly address: string;
  readonly received: readonly Received[];
  answer: SinkAnswer;
  close(): Promise<void>;
}

const listening = z.object({ port: z.number() });

/** A real HTTP server on a free port of the loopback address. Its path is secret, as those of webhooks are. */
export async function startSink(): Promise<Sink> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const { answer } = sink;
    if (answer === 'drop') request.socket.destroy();
    else if (answer !== 'silence') {
      response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end('text');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink: Sink = {
    address: `http://127.0.0.1:${listening.parse(server.address()).port}/hook/path-nobody-knows`,
    received,
    answer: { status: 202 },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
  return sink;
}
