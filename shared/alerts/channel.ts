import type { AlertMessage } from '../domain/incident.ts';

/** A way to tell people. `shared/alerts/<id>.ts`, one file each, listed in `registry.ts`. */
export interface Channel {
  /** The name of its file; the policy, the trail and errors call it so. */
  readonly id: string;
  /**
   * Hands one alert over. The same alert may come more than once.
   *
   * Throws `ChannelRefused` or `ChannelUnreachable`, which never carry the channel's address or its secret.
   */
  send(message: AlertMessage): Promise<void>;
}

/** The settings of all channels. A channel whose settings are left out is not there. */
export interface AlertSettings {
  /** Where the signed webhook is sent. A secret: such addresses are often all that keeps strangers out. */
  readonly webhookAddress?: string | undefined;
  /** What the webhook is signed with, at least 16 characters. */
  readonly webhookSecret?: string | undefined;
}

/** What the channels reach outside the process. */
export interface AlertNeeds {
  readonly fetch: (address: string, request: RequestInit) => Promise<Response>;
  readonly now: () => Date;
  /** Writes one text, which may have several lines, where people read the guardian's log. */
  readonly write: (text: string) => void;
  /** How long a channel may take to answer. Default 10000. */
  readonly timeoutMs?: number;
}

/** Makes a channel; `undefined` where its settings are left out. Throws `ChannelMisconfigured` where they cannot be used. */
export type MakeChannel = (settings: AlertSettings, needs: AlertNeeds) => Channel | undefined;
