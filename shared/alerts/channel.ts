import type { ChannelSettings } from '../config.ts';
import type { CloudEvent } from '../domain/cloud-event.ts';
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
   * Who reads it, where that is not people as soon as they are alerted. `programs`: it gets every alert, and is none of the channels by
   * which people are to be alerted. `log`: it is none of the two that a critical incident goes to.
   */
  readonly reader?: 'programs' | 'log';
  /**
   * Sends one alert. The same alert may be sent more than once.
   *
   * Throws `ChannelRefused` or `ChannelUnreachable`, which never carry the channel's address or its secret.
   *
   * @param log the log of the function that sends
   */
  send(alert: AlertContent, log: AlertLog): Promise<void>;
}

/** What a request to somebody outside Azure needs. */
export interface HttpNeeds {
  readonly fetch: (address: string, request: RequestInit) => Promise<Response>;
  readonly now: () => Date;
  /** How long a channel may take to answer. Default 10000. */
  readonly timeoutMs?: number;
}

/** What the channels reach outside the process. */
export interface AlertNeeds extends HttpNeeds {
  /**
   * Sends an event to a custom topic of Event Grid, under the app's identity. Throws `ChannelRefused` and
   * `ChannelUnreachable`, as a channel does.
   *
   * @param publication `channel` is who sends it, `topic` the endpoint
   */
  readonly publish: (publication: {
    readonly channel: string;
    readonly topic: string;
    readonly event: CloudEvent;
  }) => Promise<void>;
  /** A token of the app's identity for a scope, for requests to a service of Microsoft outside Azure. Throws `NoToken`. */
  readonly token: (scope: string) => Promise<string>;
}

/** Makes a channel; `undefined` where its settings are left out. Throws `ChannelMisconfigured` where they cannot be used. */
export type MakeChannel = (settings: ChannelSettings, needs: AlertNeeds) => Channel | undefined;
