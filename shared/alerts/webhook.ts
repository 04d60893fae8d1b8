import type { MakeChannel } from './channel.ts';
import { alertEvent } from './cloud-event.ts';
import { checkedAddress, post } from './post.ts';
import { checkedSecret, signedHeaders } from './signed.ts';

const id = 'webhook';
const CLOUD_EVENT = 'application/cloudevents+json; charset=utf-8';

/**
 * POSTs alerts to any receiver, each as an event of CloudEvents 1.0 in structured mode, signed.
 *
 * For whoever writes a receiver:
 * - Take the raw body as it came, before any parsing, and compute HMAC-SHA256 with the shared secret over the header
 *   `x-key-guardian-timestamp`, a full stop and the body. Compare `v1=<hex>` in constant time with the header
 *   `x-key-guardian-signature`.
 * - Refuse a timestamp more than five minutes from your own clock: it may be a replay. One within them is harmless where you
 *   ignore an event whose `id` you have already.
 * - The body is an event whose `data` is `AlertData`. Answer 2xx once you have it in safe keeping. Any other answer, a
 *   redirect among them, and none within 10 seconds make the guardian send again, with a new timestamp and the same `id`.
 * - An older alert may come after a newer: ignore one whose `data.incident.revision` is not above the highest that you have
 *   received for its `data.incident.id`.
 *
 * The address must be `https:`, but for a loopback host. Throws `ChannelMisconfigured` where it is not, or carries a
 * user or password, or where the secret is shorter than 16 characters.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
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
      const body = JSON.stringify(alertEvent(alert, now));
      const headers = { 'content-type': CLOUD_EVENT, ...signedHeaders(secret, body, now) };
      return post({ channel: id, address, body, headers }, needs);
    },
  };
};
