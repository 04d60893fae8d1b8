import type { Behaviours } from './types.ts';

/** A delivery as a subscriber's endpoint gets it. Header names are in lower case. */
export interface EventDelivery {
  readonly eventType: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What both schemas say of an event, each in its own words. */
export interface GridEvent {
  readonly id: string;
  readonly type: string;
  /** What the subscription is of: a topic's id. */
  readonly source: string;
  readonly subject: string;
  readonly timeMs: number;
  readonly data: unknown;
  /** Of the data, in Event Grid's own schema. */
  readonly dataVersion: string;
}

const commonHeaders = {
  'aeg-event-type': 'Notification',
  'aeg-subscription-name': 'KEY-GUARDIAN',
  'aeg-delivery-count': '0',
};

/**
 * An event as Event Grid delivers it: an array of one in its own schema, one object in CloudEvents 1.0.
 * @see https://learn.microsoft.com/azure/event-grid/event-schema
 * @see https://learn.microsoft.com/azure/event-grid/cloud-event-schema
 */
export function eventDelivery(
  { id, type, source, subject, timeMs, data, dataVersion }: GridEvent,
  schema: Behaviours['eventSchema'],
): EventDelivery {
  const time = `${new Date(timeMs).toISOString().slice(0, -1)}0000Z`;
  switch (schema) {
    case 'EventGridSchema': {
      const event = {
        id,
        topic: source,
        subject,
        eventType: type,
        data,
        dataVersion,
        metadataVersion: '1',
        eventTime: time,
      };
      const headers = {
        ...commonHeaders,
        'aeg-data-version': dataVersion,
        'aeg-metadata-version': '1',
        'content-type': 'application/json; charset=utf-8',
      };
      return { eventType: type, headers, body: JSON.stringify([event]) };
    }
    case 'CloudEventSchemaV1_0': {
      const event = { id, source, subject, type, data, time, specversion: '1.0' };
      const headers = { ...commonHeaders, 'content-type': 'application/cloudevents+json; charset=utf-8' };
      return { eventType: type, headers, body: JSON.stringify(event) };
    }
    default:
      return schema satisfies never;
  }
}
