import type { HeartbeatSettings } from '../config.ts';
import type { HttpNeeds } from './channel.ts';
import { checkedAddress, post } from './post.ts';
import { checkedSecret, signedHeaders } from './signed.ts';

const id = 'heartbeat';

/** What a heartbeat says: the body of its request. New members may be added. */
export interface Beat {
  readonly version: 1;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Vaults that the policy names. */
  readonly vaults: number;
  /** How many of them were swept lately. */
  readonly swept: number;
  /** How many were not. */
  readonly blind: number;
  /** Seconds since each sense last came to a good end, of the vault or workspace for which that is longest; `null` where it never did. A sense that is not set up is left out. */
  readonly sensesAgoSeconds: Readonly<Partial<Record<'sweep' | 'survey' | 'audit-query', number | null>>>;
}

/** Sends heartbeats to an address outside Azure. */
export interface Heartbeat {
  /** Throws `ChannelRefused` or `ChannelUnreachable`, neither of which has the address or the secret. */
  send(beat: Beat): Promise<void>;
}

/**
 * A heartbeat that is signed as the webhook is; `undefined` where it has no settings. Its receiver alerts people when none
 * has come for 15 minutes: it depends on nothing in Azure, so that it also notices what stops the guardian there.
 *
 * Throws `ChannelMisconfigured` where the address or the secret cannot be used.
 */
export function heartbeatTo(settings: HeartbeatSettings, needs: HttpNeeds): Heartbeat | undefined {
  const { KEY_GUARDIAN_HEARTBEAT_URL: url, KEY_GUARDIAN_HEARTBEAT_SECRET: shared } = settings;
  if (url === undefined && shared === undefined) return undefined;
  const address = checkedAddress(id, url);
  const secret = checkedSecret(id, shared);
  return {
    send(beat) {
      const body = JSON.stringify(beat);
      return post({ channel: id, address, body, headers: signedHeaders(secret, body, needs.now()) }, needs);
    },
  };
}
