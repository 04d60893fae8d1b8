import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { z } from 'zod';

const received = z.object({
  event: z.string(),
  incident: z.object({ kind: z.string(), subject: z.object({ vault: z.string(), key: z.string().optional() }) }),
});

/** A webhook receiver of the demo's own: it believes nothing but a right signature. */
export interface Sink {
  readonly url: string;
  readonly secret: string;
  /** Whether a signed alert of that kind on that key has come. */
  has(kind: string, vault: string, key: string): boolean;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback address, under a secret of its own. */
export async function startSink(): Promise<Sink> {
  const secret = randomBytes(24).toString('hex');
  const got: z.infer<typeof received>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const signature = String(request.headers['x-key-guardian-signature'] ?? '');
      const parsed = isSigned(body, String(request.headers['x-key-guardian-timestamp'] ?? ''), signature, secret)
        ? received.safeParse(JSON.parse(body))
        : undefined;
      if (parsed?.success === true) got.push(parsed.data);
      response.writeHead(parsed?.success === true ? 202 : 401).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sink has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/alerts`,
    secret,
    has: (kind, vault, key) =>
      got.some(
        ({ incident }) => incident.kind === kind && incident.subject.vault === vault && incident.subject.key === key,
      ),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

function isSigned(body: string, timestamp: string, signature: string, secret: string): boolean {
  const wanted = Buffer.from(`v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
