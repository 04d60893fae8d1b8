import { retryAfterSeconds } from '../domain/retry-after.ts';
import { SECOND_MS } from '../domain/time.ts';
import { ChannelMisconfigured, ChannelRefused, ChannelUnreachable } from '../errors.ts';
import type { HttpNeeds } from './channel.ts';
import { errorCode } from './error-code.ts';

/** A request to somebody outside. */
export interface Post {
  /** Who sends it, as errors name the sender. */
  readonly channel: string;
  readonly address: string;
  /** JSON. */
  readonly body: string;
  /** Besides the type of the body. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * POSTs JSON, and returns once the other side has answered 2xx. A redirect is not followed: it is a refusal.
 *
 * Throws `ChannelRefused` for any other answer and `ChannelUnreachable` where there is none in time. Neither has the address.
 */
export async function post(
  { channel, address, body, headers }: Post,
  { fetch, now, timeoutMs = 10 * SECOND_MS }: HttpNeeds,
): Promise<void> {
  const request: RequestInit = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  };
  const response = await answered(channel, () => fetch(address, request));
  if (response.ok) return;
  throw new ChannelRefused(channel, response.status, retryAfterSeconds(response.headers.get('retry-after'), now()));
}

async function answered(channel: string, call: () => Promise<Response>): Promise<Response> {
  try {
    const response = await call();
    await response.body?.cancel(); // nothing in it is needed, and an open body keeps the connection
    return response;
  } catch (error) {
    throw new ChannelUnreachable(channel, errorCode(error)); // without the cause: it names the address
  }
}

/**
 * Throws `ChannelMisconfigured` for a reference to a secret that the platform has not resolved: then the app gets the text of
 * the reference, which is no secret.
 *
 * @see https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
 */
export function refuseReference(channel: string, what: string, value: string): void {
  if (value.startsWith('@Microsoft.KeyVault('))
    throw new ChannelMisconfigured(channel, `its ${what} is a reference to a secret that cannot be read`);
}

/**
 * The address of a setting: `https:`, or `http:` on a loopback host.
 *
 * Throws `ChannelMisconfigured` where it is another, or has a user or password.
 */
export function checkedAddress(channel: string, text: string | undefined): string {
  if (text !== undefined) refuseReference(channel, 'address', text);
  const address = text === undefined ? null : URL.parse(text);
  if (address === null) throw new ChannelMisconfigured(channel, 'its address is missing or is no URL');
  if (address.username !== '' || address.password !== '') {
    throw new ChannelMisconfigured(channel, 'its address carries a user name or password');
  }
  const open = address.protocol === 'http:' && isLoopback(address.hostname);
  if (address.protocol !== 'https:' && !open) throw new ChannelMisconfigured(channel, 'its address is not https');
  return address.href;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
