import type { Behaviours } from '../types.ts';
import { resourceIdOf } from './audit-record.ts';
import { versionId } from './bundles.ts';
import type { Key, KeyVersion, Vault } from './store.ts';

/** A delivery as a subscriber's endpoint gets it. Header names are in lower case. */
export interface EventDelivery {
  readonly eventType: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What an event is of, without its namespace. Of deletions and disablements there is none. */
export type KeyEventType = 'KeyNewVersionCreated' | 'KeyNearExpiry' | 'KeyExpired';

/**
 * What Event Grid delivers of a version: an array of one in the Event Grid schema, one object in CloudEvents 1.0.
 * The dates are strings in the first (as the page's samples have them), numbers in the second (as the type specification has
 * them), null where unset: sources differ, so consumers must take either.
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export function keyEvent(
  type: KeyEventType,
  vault: Vault,
  { key, version }: { readonly key: Key; readonly version: KeyVersion },
  { id, schema, nowMs }: { readonly id: string; readonly schema: Behaviours['eventSchema']; readonly nowMs: number },
): EventDelivery {
  const event: KeyEvent = {
    id,
    type: `Microsoft.KeyVault.${type}`,
    source: resourceIdOf(vault),
    subject: key.name,
    time: `${new Date(nowMs).toISOString().slice(0, -1)}0000Z`,
    dataWith: (date) => ({
      Id: versionId(vault, key, version),
      VaultName: vault.name,
      ObjectType: 'Key',
      ObjectName: key.name,
      Version: version.id,
      NBF: date(version.nbf),
      EXP: date(version.exp),
    }),
  };
  switch (schema) {
    case 'EventGridSchema':
      return inEventGridSchema(event);
    case 'CloudEventSchemaV1_0':
      return inCloudEvents(event);
    default:
      return schema satisfies never;
  }
}

/** What both schemas say of the event, each in its own words. */
interface KeyEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly dataWith: (date: (seconds: number | undefined) => string | number | null) => unknown;
}

const commonHeaders = {
  'aeg-event-type': 'Notification',
  'aeg-subscription-name': 'KEY-GUARDIAN',
  'aeg-delivery-count': '0',
};

function inEventGridSchema({ id, type, source, subject, time, dataWith }: KeyEvent): EventDelivery {
  const event = {
    id,
    topic: source,
    subject,
    eventType: type,
    data: dataWith((seconds) => (seconds === undefined ? null : String(seconds))),
    dataVersion: '1',
    metadataVersion: '1',
    eventTime: time,
  };
  const headers = {
    ...commonHeaders,
    'aeg-data-version': '1',
    'aeg-metadata-version': '1',
    'content-type': 'application/json; charset=utf-8',
  };
  return { eventType: type, headers, body: JSON.stringify([event]) };
}

function inCloudEvents({ id, type, source, subject, time, dataWith }: KeyEvent): EventDelivery {
  const event = {
    id,
    source,
    subject,
    type,
    data: dataWith((seconds) => seconds ?? null),
    time,
    specversion: '1.0',
  };
  const headers = { ...commonHeaders, 'content-type': 'application/cloudevents+json; charset=utf-8' };
  return { eventType: type, headers, body: JSON.stringify(event) };
}
