import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';
import { type Audience, audiences } from '../../shared/domain/incident.ts';

// All that the demo knows of what a webhook carries.
const received = z
  .object({
    specversion: z.literal('1.0'),
    data: z.object({
      event: z.string(),
      title: z.string(),
      lines: z.array(z.string()),
      incident: z.object({
        id: z.string(),
        kind: z.string(),
        audience: z.enum(audiences),
        summary: z.string(),
        subject: z.object({ vault: z.string().optional(), key: z.string().optional(), id: z.string().optional() }),
      }),
    }),
  })
  .transform(({ data }) => data);

/** Kinds of incident that a step waits for: those of what is not undone. */
export const KINDS = {
  purged: 'key-missing',
  recreated: 'key-recreated',
  byOther: 'approved-act-by-other',
  unguarded: 'key-unguarded',
  wave: 'wave',
  cut: 'access-cut',
  gone: 'vault-deleted',
} as const;

/** An alert as it was received. */
export interface ReceivedAlert {
  readonly kind: string;
  readonly audience: Audience;
  /** Its first line, as people read it. */
  readonly title: string;
  /** What is wrong with what. */
  readonly summary: string;
}

/** All of an alert that steps use. */
export interface FullAlert extends ReceivedAlert {
  readonly event: string;
  /** The id of its incident. */
  readonly id: string;
  readonly lines: readonly string[];
}

/** A webhook receiver of the demo's own: it believes nothing but a right signature. */
export interface Sink {
  readonly url: string;
  readonly secret: string;
  /** The signed alerts of what is wrong with that key, with the vault itself where no key is given, in the order in which they came; one that says that it is over where that is the only one of its incident. */
  told(vault: string, key?: string): readonly ReceivedAlert[];
  /** The same of a disk encryption set, by its id. */
  toldOfSet(id: string): readonly ReceivedAlert[];
  /** Whether a signed alert of that kind on that key has come. */
  has(kind: string, vault: string, key: string): boolean;
  /** The lines below the title of each signed alert of that kind on that key, in the order in which they came. */
  lines(kind: string, key: string | undefined): readonly (readonly string[])[];
  /** Each signed alert of that kind on that key, or on whatever has no key, in the order in which they came; also the one that says that it is over. */
  alerts(kind: string, key?: string): readonly FullAlert[];
  /** The root of the newest anchor of the trail that has come; `undefined` where none has. */
  anchor(): string | undefined;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback address, under a secret of its own. */
export async function startSink(): Promise<Sink> {
  const secret = randomBytes(24).toString('hex');
  const got: z.infer<typeof received>[] = [];
  const toldOf = (isMeant: (alert: z.infer<typeof received>) => boolean): readonly ReceivedAlert[] =>
    got
      .filter((alert) => isMeant(alert) && (alert.event !== 'resolved' || isOnly(alert)))
      .map(({ title, incident: { kind, audience, summary } }) => ({ kind, audience, title, summary }));
  const isOnly = ({ incident: { id } }: z.infer<typeof received>): boolean =>
    got.every(({ event, incident }) => event === 'resolved' || incident.id !== id);
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
    told: (vault, key) => toldOf(({ incident }) => isOn(incident, vault, key)),
    toldOfSet: (id) => toldOf(({ incident: { subject } }) => subject.id === id.toLowerCase()),
    lines: (kind, key) =>
      got.filter(({ incident }) => incident.kind === kind && incident.subject.key === key).map(({ lines }) => lines),
    alerts: (kind, key) =>
      got
        .filter(({ incident }) => incident.kind === kind && incident.subject.key === key)
        .map(({ event, title, lines, incident: { id, audience, summary } }) => ({
          ...{ event, id, kind, audience },
          ...{ title, lines, summary },
        })),
    anchor: () =>
      got
        .filter(({ incident: { kind } }) => kind === 'trail-anchored')
        .map(({ incident: { summary } }) => /\b[0-9a-f]{64}\b/.exec(summary)?.[0])
        .at(-1),
    has: (kind, vault, key) => got.some(({ incident }) => incident.kind === kind && isOn(incident, vault, key)),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

const isOn = ({ subject }: z.infer<typeof received>['incident'], vault: string, key: string | undefined): boolean =>
  subject.vault === vault && subject.key === key;

function isSigned(body: string, timestamp: string, signature: string, secret: string): boolean {
  const wanted = Buffer.from(`v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
