import type { ChannelSettings } from '../config.ts';
import type { AlertContent } from '../domain/incident.ts';

/** A way to alert people. `shared/alerts/<id>.ts`, one file each, listed in `registry.ts`. */
export interface Channel {
  /** The name of its file; the policy, the trail and errors use it. */
  readonly id: string;
  /**
   * Sends one alert. The same alert may be sent more than once.
   *
   * Throws `ChannelRefused` or `ChannelUnreachable`, which never carry the channel's address or its secret.
   */
  send(alert: AlertContent): Promise<void>;
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
export type MakeChannel = (settings: ChannelSettings, needs: AlertNeeds) => Channel | undefined;
