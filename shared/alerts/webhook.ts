import { createHmac } from 'node:crypto';
import type { AlertContent } from '../domain/incident.ts';
import { SECOND_MS } from '../domain/time.ts';
import { ChannelMisconfigured, ChannelRefused, ChannelUnreachable } from '../errors.ts';
import type { MakeChannel } from './channel.ts';
import { errorCode } from './error-code.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'webhook';
const SHORTEST_SECRET = 16;

/** Header with the moment of sending in Unix seconds. */
export const timestampHeader = 'x-key-guardian-timestamp';
/** Header with `v1=` and the signature in lower-case hex. */
export const signatureHeader = 'x-key-guardian-signature';

/**
 * POSTs alerts as signed JSON to any receiver.
 *
 * For whoever writes a receiver:
 * - Take the raw body as it came, before any parsing, and compute HMAC-SHA256 with the shared secret over the header
 *   `x-key-guardian-timestamp`, a full stop and the body. Compare `v1=<hex>` in constant time with the header
 *   `x-key-guardian-signature`, and refuse a timestamp more than five minutes from your own clock: it may be a replay.
 * - The body is `AlertBody`. Answer 2xx once you have it in safe keeping. Any other answer, a redirect among them, and
 *   none within 10 seconds make the guardian send again.
 * - The same alert may come twice, and an older one after a newer: ignore a body whose `incident.revision` is not above the
 *   highest that you have received for its `incident.id`.
 *
 * The address must be `https:`, but for a loopback host. Throws `ChannelMisconfigured` where it is not, or carries a
 * user or password, or where the secret is shorter than 16 characters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export const webhookChannel: MakeChannel = (settings, { fetch, now, timeoutMs = 10 * SECOND_MS }) => {
  const { KEY_GUARDIAN_WEBHOOK_URL: url, KEY_GUARDIAN_WEBHOOK_SECRET: shared } = settings;
  if (url === undefined && shared === undefined) return undefined;
  const address = checkedAddress(url);
  const secret = checkedSecret(shared);

  return {
    id,
    async send(alert) {
      const body = JSON.stringify(alertBody(alert, now()));
      const timestamp = Math.floor(now().getTime() / SECOND_MS).toString();
      const headers = {
        'content-type': 'application/json',
        [timestampHeader]: timestamp,
        [signatureHeader]: signature(secret, timestamp, body),
      };
      const signal = AbortSignal.timeout(timeoutMs);
      const status = await answerStatus(() =>
        fetch(address, { method: 'POST', headers, body, redirect: 'manual', signal }),
      );
      if (status < 200 || status > 299) throw new ChannelRefused(id, status);
    },
  };
};

/** The value of the signature header. @param timestamp Unix seconds, as sent. @param body as sent */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** The body of a request to the webhook. Moments are ISO 8601 in UTC; members without a value are left out. New members may be added. */
export interface AlertBody {
  readonly version: 1;
  readonly event: AlertContent['event'];
  /** For people, one line: the deadline first. */
  readonly title: string;
  /** For people, below the title, a line each. */
  readonly lines: readonly string[];
  /** For machines. */
  readonly incident: AlertContent['incident'];
}

const alertBody = (alert: AlertContent, now: Date): AlertBody => ({
  version: 1,
  event: alert.event,
  title: firstLine(alert, now),
  lines: detailLines(alert),
  incident: alert.incident,
});

async function answerStatus(call: () => Promise<Response>): Promise<number> {
  try {
    const response = await call();
    await response.body?.cancel(); // nothing in it is needed, and an open body keeps the connection
    return response.status;
  } catch (error) {
    throw new ChannelUnreachable(id, errorCode(error)); // without the cause: it names the address
  }
}

function checkedAddress(text: string | undefined): string {
  const address = text === undefined ? null : URL.parse(text);
  if (address === null) throw new ChannelMisconfigured(id, 'its address is missing or is no URL');
  if (address.username !== '' || address.password !== '') {
    throw new ChannelMisconfigured(id, 'its address carries a user name or password');
  }
  const open = address.protocol === 'http:' && isLoopback(address.hostname);
  if (address.protocol !== 'https:' && !open) throw new ChannelMisconfigured(id, 'its address is not https');
  return address.href;
}

function checkedSecret(secret: string | undefined): string {
  if (secret === undefined || secret.length < SHORTEST_SECRET) {
    throw new ChannelMisconfigured(id, `its secret has fewer than ${SHORTEST_SECRET} characters`);
  }
  return secret;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
