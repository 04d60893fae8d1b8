import type { AlertContent, Incident, Severity } from '../domain/incident.ts';
import { spellSubject } from '../domain/subject.ts';
import { ChannelMisconfigured } from '../errors.ts';
import type { MakeChannel } from './channel.ts';
import { cut, fitting } from './fitting.ts';
import { checkedAddress, post, refuseReference } from './post.ts';
import { detailLines, firstLine, type Link, linksOf } from './text.ts';

const id = 'pagerduty';
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
/** Characters of a summary at most. */
const MOST_CHARACTERS = 1_024;
/** Bytes of an event that are taken. @see https://developer.pagerduty.com/docs/events-api-v2-overview#size-limits */
const MOST_BYTES = 512 * 1_024;

/**
 * Sends alerts as events of the PagerDuty Events API v2: an open incident triggers; a resolved one
 * resolves, and one that has joined a wave, which has an alert of its own. Their
 * `dedup_key` is the id of the incident, so that however many events come of an incident, PagerDuty has one alert of it.
 *
 * Throws `ChannelMisconfigured` where the routing key is missing, and where the address is not `https:`, but for a loopback
 * host.
 *
 * @see https://developer.pagerduty.com/docs/events-api-v2-overview
 */
export const pagerdutyChannel: MakeChannel = (settings, needs) => {
  const { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: routingKey, KEY_GUARDIAN_PAGERDUTY_URL: url } = settings;
  if (routingKey === undefined && url === undefined) return undefined;
  if (routingKey === undefined) throw new ChannelMisconfigured(id, 'its routing key is missing');
  refuseReference(id, 'routing key', routingKey);
  const address = checkedAddress(id, url ?? PAGERDUTY);

  return {
    id,
    // A trigger that came after its resolve would stay open.
    keepsOpen: true,
    send: (alert) => post({ channel: id, address, body: pagerdutyEvent(alert, routingKey, needs.now()) }, needs),
  };
};

/** An event of the Events API v2, of the members that are used here. */
export interface PagerdutyEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly client: string;
  readonly links: readonly Link[];
  readonly payload: {
    /** At most 1,024 characters. */
    readonly summary: string;
    readonly source: string;
    readonly severity: Severity;
    /** ISO 8601. */
    readonly timestamp: string;
    readonly class: string;
    readonly custom_details: { readonly lines: readonly string[] };
  };
}

/** The event as JSON of less than 512 KB. Its longest texts are cut where it would have more. */
const pagerdutyEvent = (alert: AlertContent, routingKey: string, now: Date): string =>
  fitting(MOST_BYTES, (most) => eventOf(alert, routingKey, now, most));

/**
 * PagerDuty calls people by the severity where the urgency of a service follows it: what is for operators can wait until they
 * work.
 *
 * @see https://support.pagerduty.com/main/docs/dynamic-notifications
 */
const severityOf = ({ audience, severity }: Incident): Severity =>
  audience === 'operators' && severity !== 'info' ? 'warning' : severity;

const eventOf = (alert: AlertContent, routingKey: string, now: Date, mostCharacters: number): PagerdutyEvent => {
  const { incident } = alert;
  return {
    routing_key: routingKey,
    event_action: incident.state === 'resolved' || incident.wave !== undefined ? 'resolve' : 'trigger',
    dedup_key: incident.id,
    client: 'Key Guardian',
    links: linksOf(alert),
    payload: {
      summary: firstLine(alert, now).slice(0, MOST_CHARACTERS),
      source: spellSubject(incident.subject),
      severity: severityOf(incident),
      timestamp: incident.since.toISOString(),
      class: incident.kind,
      custom_details: { lines: detailLines(alert, now).map((line) => cut(line, mostCharacters)) },
    },
  };
};
