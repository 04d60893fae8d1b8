import { describe, expect, test } from 'vitest';
import listed from '../../infra/secrets.json' with { type: 'json' };
import { channelRegistry } from '../../shared/alerts/registry.ts';
import {
  channelSettings,
  heartbeatSettings,
  misconfiguredSettings,
  readSettings,
  settingsSchema,
} from '../../shared/config.ts';
import { deployment, names, settingsOf } from './deployments.ts';

/** Settings that the platform reads, and not the app: each with what reads it. */
const ofThePlatform: readonly RegExp[] = [
  // The Functions host: its own storage.
  /^AzureWebJobsStorage__(credential|clientId|blobServiceUri|queueServiceUri|tableServiceUri)$/,
  // The Functions host: telemetry.
  /^APPLICATIONINSIGHTS_(CONNECTION_STRING|AUTHENTICATION_STRING)$/,
  // @azure/identity: the identity of clients that name none.
  /^AZURE_CLIENT_ID$/,
  // The triggers of the host: the connections of queues and Event Hubs.
  /^RegisterStorage__(credential|clientId)$/,
  /^AuditLog_[a-z]+__(fullyQualifiedNamespace|credential|clientId)$/,
];

/** Settings that no deployment sets, with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  RegisterStorage: 'a connection string has a shared key, and the account takes none',
  TrailStorage: 'a connection string has a shared key, and the account takes none',
  KEY_GUARDIAN_POLICY: 'the policy lies in the package, where its default is',
};

const secrets: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(listed).flatMap(([user, settings]) => (Array.isArray(settings) ? [[user, settings]] : [])),
);

const settings = Object.keys(settingsSchema.shape);

/** What Azure puts in: an id, or an address. */
const onceKnown = (setting: string): string => {
  if (setting === 'KEY_GUARDIAN_EVENT_GRID_TOPIC') return 'https://alerts.westeurope-1.eventgrid.azure.net/api/events';
  if (setting === 'KEY_GUARDIAN_TRAIL_RULE') return `dcr-${'0'.repeat(32)}`;
  if (/_ID$|_WORKSPACES$/i.test(setting)) return crypto.randomUUID();
  return setting === 'KEY_GUARDIAN_SIGNING_KEY' ? 'https://vault.example/keys/signing' : 'https://account.example/';
};

describe('app settings', () => {
  test.each(names)('of the deployment `%s` are in the schema, or read by the platform', async (name) => {
    const unknown = Object.keys(settingsOf(await deployment(name))).filter(
      (setting) => !settings.includes(setting) && !ofThePlatform.some((pattern) => pattern.test(setting)),
    );
    expect(unknown).toEqual([]);
  });

  test('of the schema are each set by a deployment, or left out for a reason', async () => {
    const set = new Set((await Promise.all(names.map(deployment))).flatMap((each) => Object.keys(settingsOf(each))));
    expect(settings.filter((setting) => !set.has(setting))).toEqual(Object.keys(leftOut));
  });

  test.each(names)(
    'of the deployment `%s` are accepted by the app once Azure has put in what it alone knows',
    async (name) => {
      const known = Object.entries(settingsOf(await deployment(name))).map(([setting, value]) => [
        setting,
        value.startsWith('[') ? onceKnown(setting) : value,
      ]);
      const environment = Object.fromEntries(known);
      expect(() => readSettings(environment)).not.toThrow();
      expect(misconfiguredSettings(environment)).toEqual([]);
    },
  );

  test.each(names)('of the deployment `%s` have none that a Flex Consumption app is refused for', async (name) => {
    const refused = /^(FUNCTIONS_|WEBSITE_|SCM_DO_BUILD|ENABLE_ORYX|languageWorkers__|TZ$)/;
    expect(Object.keys(settingsOf(await deployment(name))).filter((setting) => refused.test(setting))).toEqual([]);
  });
});

describe('secrets', () => {
  test('are listed for each alert channel and for the heartbeat', () => {
    expect(Object.keys(secrets).toSorted()).toEqual([...Object.keys(channelRegistry), 'heartbeat'].toSorted());
  });

  test('are each listed, and nothing else is', () => {
    const described = Object.entries({ ...channelSettings.shape, ...heartbeatSettings.shape }).flatMap(
      ([setting, { description = '' }]) => (/\b(a secret|^Secret)\b/.test(description) ? [setting] : []),
    );
    expect(Object.values(secrets).flat().toSorted()).toEqual(described.toSorted());
  });
});
