import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collect, installFunctionsCore } from '../../local/host/functions-core.ts';
import { tableNames } from '../../shared/register/tables.ts';
import { activityOf, OPERATIONS } from '../../shared/senses/activity-log.ts';
import { inspectionsFromKeyVaultEvent } from '../../shared/senses/key-vault-event.ts';
import vaultDeleted from '../samples/activity-log/vault-deleted.event-grid.json' with { type: 'json' };
import newVersion from '../samples/key-vault-event/new-version.cloud-event.json' with { type: 'json' };
import { appOf, deployment, guarded, namesOf, ofType, settingsOf } from './deployments.ts';

const registration = z.object({
  metadata: z.object({ name: z.string(), bindings: z.record(z.string(), z.looseObject({ type: z.string() })) }),
});
const text = z.string();

type Trigger = Readonly<Record<string, unknown>> & { readonly type: string };

/** Every function with its trigger, registered as in the deployment with three vaults. */
const functions = new Map<string, Trigger>();

beforeAll(async () => {
  process.env.KEY_GUARDIAN_AUDIT_REGIONS = settingsOf(await deployment('three-vaults')).KEY_GUARDIAN_AUDIT_REGIONS;
  installFunctionsCore();
  for (const each of await collect(() => import('../../functions/index.ts'))) {
    const { name, bindings } = registration.parse(each).metadata;
    const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
    if (trigger !== undefined) functions.set(name, trigger);
  }
});

const withTrigger = (type: string): readonly (readonly [string, Trigger])[] =>
  [...functions].filter(([, trigger]) => trigger.type.toLowerCase() === type.toLowerCase());

const destination = z.object({
  destination: z.object({ endpointType: z.string(), properties: z.object({ resourceId: z.string() }) }),
  filter: z.object({
    includedEventTypes: z.array(z.string()).min(1),
    advancedFilters: z.array(z.unknown()).default([]),
  }),
});
const subscriptions = async () =>
  ofType(await guarded('three-vaults'), 'Microsoft.EventGrid/systemTopics/eventSubscriptions').map(({ properties }) =>
    destination.parse(properties),
  );
const operations = z.object({
  operatorType: z.literal('StringIn'),
  key: z.literal('data.operationName'),
  values: z.array(z.string()),
});
const functionOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

describe('a function', () => {
  test('has a trigger that a deployment wires, or that needs no wiring', () => {
    const known = ['timertrigger', 'queuetrigger', 'eventgridtrigger', 'eventhubtrigger', 'httptrigger'];
    expect(functions.size).toBeGreaterThan(0);
    expect([...functions].filter(([, { type }]) => !known.includes(type.toLowerCase()))).toEqual([]);
  });

  test('of a queue has the queue and its connection, and every queue has its function', async () => {
    const snapshot = await deployment('three-vaults');
    const triggers = withTrigger('queueTrigger').map(([, trigger]) => trigger);
    const settings = settingsOf(snapshot);
    for (const { connection } of triggers) expect(settings).toHaveProperty(`${connection}__queueServiceUri`);
    expect(namesOf(snapshot, 'Microsoft.Storage/storageAccounts/queueServices/queues').toSorted()).toEqual(
      triggers.map(({ queueName }) => text.parse(queueName)).toSorted(),
    );
  });

  test('of Event Grid has an event subscription, and every event subscription has its function', async () => {
    const wired = (await subscriptions()).map(({ destination: to }) => functionOf(to.properties.resourceId));
    const expected = withTrigger('eventGridTrigger').map(([name]) => name);
    expect([...new Set(wired)].toSorted()).toEqual(expected.toSorted());
  });

  test('of an Event Hub has the hub and its connection, and every hub has its function', async () => {
    const snapshot = await deployment('three-vaults');
    const settings = settingsOf(snapshot);
    const triggers = withTrigger('eventHubTrigger').map(([, trigger]) => trigger);
    const hubs = ofType(snapshot, 'Microsoft.EventHub/namespaces/eventhubs').map(({ name }) => name.split('/'));
    expect(
      triggers.map(({ connection, eventHubName }) => [
        settings[`${connection}__fullyQualifiedNamespace`]?.split('.')[0],
        text.parse(eventHubName),
      ]),
    ).toEqual(hubs);
    expect(hubs.length).toBe(2);
  });

  test('that must not wait is always ready, twice where a vault is in block, and is there', async () => {
    const named = (count: number) =>
      ['sentry', 'sweep', 'inspect', 'alert'].map((name) => ({ name: `function:${name}`, instanceCount: count }));
    for (const [name, count] of [
      ['default', 1],
      ['three-vaults', 2],
    ] as const) {
      const { alwaysReady, maximumInstanceCount } = appOf(await deployment(name)).functionAppConfig.scaleAndConcurrency;
      expect(alwaysReady, name).toEqual(named(count));
      expect(maximumInstanceCount).toBeGreaterThanOrEqual(alwaysReady.length * count);
      for (const each of alwaysReady) expect([...functions.keys()]).toContain(each.name.replace('function:', ''));
    }
  });
});

describe('an event subscription', () => {
  const ofFunction = async (name: string) =>
    (await subscriptions()).filter(({ destination: to }) => functionOf(to.properties.resourceId) === name);

  test('of a vault asks only for events that lead to an inspection', async () => {
    const policy = {
      vaults: [{ name: 'contoso-disks', mode: 'alert' as const, keys: [], knownUsers: [], approvers: [] }],
      subscriptions: [],
      channels: [],
    };
    const data = { ...newVersion.data, Id: 'https://contoso-disks.vault.azure.net/keys/disk/0123' };
    for (const { filter } of await ofFunction('key-vault-event'))
      for (const type of filter.includedEventTypes) {
        const sensed = inspectionsFromKeyVaultEvent({ ...newVersion, type, data }, policy, new Date(0));
        expect(sensed.inspections.length, type).toBe(1);
      }
  });

  test('of a subscription asks for the operations that the sense makes something of, within the limits of Event Grid', async () => {
    const all = await ofFunction('activity-log');
    expect(all.length).toBe(2);
    for (const { filter } of all) {
      const [named] = z.tuple([operations]).parse(filter.advancedFilters);
      expect(named.values.map((each) => each.toLowerCase()).toSorted()).toEqual(OPERATIONS.toSorted());
      // Types and values of advanced filters in all.
      expect(filter.includedEventTypes.length + named.values.length).toBeLessThanOrEqual(25);
      for (const eventType of filter.includedEventTypes)
        expect(activityOf({ ...vaultDeleted, eventType }, new Date(0)).kind, eventType).toBe('activity');
    }
  });

  test('of a vault with a topic of its own uses that topic', async () => {
    const events = await guarded('three-vaults');
    const topics = namesOf(events, 'Microsoft.EventGrid/systemTopics');
    const used = ofType(events, 'Microsoft.EventGrid/systemTopics/eventSubscriptions').map(
      ({ name }) => name.split('/')[0],
    );
    const ofSubscriptions = ['3', '4'].map((digit) => {
      const part = (length: number): string => digit.repeat(length);
      return `subscription-${part(8)}-${part(4)}-4${part(3)}-8${part(3)}-${part(12)}-events`;
    });
    expect(topics).toEqual(['contoso-disks-events', 'contoso-dev-events', ...ofSubscriptions]);
    expect(used).toEqual(['contoso-disks-events', 'contoso-sql-topic', 'contoso-dev-events', ...ofSubscriptions]);
  });
});

test('the tables are those of the register, and the spool of the trail', async () => {
  const tables = namesOf(await deployment('default'), 'Microsoft.Storage/storageAccounts/tableServices/tables');
  expect(tables).toEqual([...tableNames, 'spool']);
});
