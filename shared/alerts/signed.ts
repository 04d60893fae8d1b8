import { createHmac } from 'node:crypto';
import { SECOND_MS } from '../domain/time.ts';
import { ChannelMisconfigured } from '../errors.ts';
import { refuseReference } from './post.ts';

const SHORTEST_SECRET = 16;

/** Header with the moment of sending in Unix seconds. */
export const timestampHeader = 'x-key-guardian-timestamp';
/** Header with `v1=` and the signature in lower-case hex. */
export const signatureHeader = 'x-key-guardian-signature';

/** The headers that sign a body. */
export function signedHeaders(secret: string, body: string, now: Date): Readonly<Record<string, string>> {
  const timestamp = Math.floor(now.getTime() / SECOND_MS).toString();
  return { [timestampHeader]: timestamp, [signatureHeader]: signature(secret, timestamp, body) };
}

/** The value of the signature header. @param timestamp Unix seconds, as sent. @param body as sent */
export const signature = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** The secret of a setting. Throws `ChannelMisconfigured` where it has fewer than 16 characters, or is a reference that was not resolved. */
export function checkedSecret(channel: string, secret: string | undefined): string {
  if (secret === undefined || secret.length < SHORTEST_SECRET) {
    throw new ChannelMisconfigured(channel, `its secret has fewer than ${SHORTEST_SECRET} characters`);
  }
  refuseReference(channel, 'secret', secret);
  return secret;
}
