import type { ChannelSettings } from '../config.ts';
import type { AlertContent } from '../domain/incident.ts';

/** Logs a text, which may have several lines, as one record of that level. The context of an invocation is one. */
export interface AlertLog {
  error(text: string): void;
  warn(text: string): void;
  info(text: string): void;
}

/** A way to alert people. `shared/alerts/<id>.ts`, one file each, listed in `registry.ts`. */
export interface Channel {
  /** The name of its file; the policy, the trail and errors use it. */
  readonly id: string;
  /**
   * Whether the other side keeps an alert open until it gets the one that resolves it: then alerts of an incident are sent
   * in their order, and the one that resolves it also where the channel only stands by. Default false.
   */
  readonly keepsOpen?: boolean;
  /**
   * Sends one alert. The same alert may be sent more than once.
   *
   * Throws `ChannelRefused` or `ChannelUnreachable`, which never carry the channel's address or its secret.
   *
   * @param log the log of the function that sends
   */
  send(alert: AlertContent, log: AlertLog): Promise<void>;
}

/** What the channels reach outside the process. */
export interface AlertNeeds {
  readonly fetch: (address: string, request: RequestInit) => Promise<Response>;
  readonly now: () => Date;
  /** How long a channel may take to answer. Default 10000. */
  readonly timeoutMs?: number;
}

/** Makes a channel; `undefined` where its settings are left out. Throws `ChannelMisconfigured` where they cannot be used. */
export type MakeChannel = (settings: ChannelSettings, needs: AlertNeeds) => Channel | undefined;
