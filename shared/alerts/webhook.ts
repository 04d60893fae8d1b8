import type { AlertContent } from '../domain/incident.ts';
import type { MakeChannel } from './channel.ts';
import { checkedAddress, post } from './post.ts';
import { checkedSecret, signedHeaders } from './signed.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'webhook';

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
export const webhookChannel: MakeChannel = (settings, needs) => {
  const { KEY_GUARDIAN_WEBHOOK_URL: url, KEY_GUARDIAN_WEBHOOK_SECRET: shared } = settings;
  if (url === undefined && shared === undefined) return undefined;
  const address = checkedAddress(id, url);
  const secret = checkedSecret(id, shared);

  return {
    id,
    send(alert) {
      const now = needs.now();
      const body = JSON.stringify(alertBody(alert, now));
      return post({ channel: id, address, body, headers: signedHeaders(secret, body, now) }, needs);
    },
  };
};

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
