import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalAzure } from '../../local/azure/azure.ts';
import { currentOutside, setOutside } from '../../shared/azure/outside.ts';
import { compose } from '../../shared/compose.ts';
import { SettingsInvalid } from '../../shared/errors.ts';
import type { Ports } from '../../shared/ports.ts';

const OWN = { RegisterStorage: 'UseDevelopmentStorage=true', TrailStorage: 'UseDevelopmentStorage=true' };
const before = { ...process.env };

beforeEach(() => {
  // Another outside is another guardian: nothing is kept from the test before.
  setOutside({
    vaultHttpClient: undefined,
    credential: () => ({ getToken: async () => null }),
    now: () => new Date(),
    fetch: () => Promise.reject(new Error('Nobody is called.')),
  });
});
afterEach(() => {
  process.env = { ...before };
});

test('a guardian is made once, and kept', () => {
  Object.assign(process.env, OWN);
  expect(compose()).toBe(compose());
});

test('the console needs no settings; the webhook is there where it has them', () => {
  Object.assign(process.env, OWN);
  expect(compose().ports.channels.map(({ id }) => id)).toEqual(['console']);
});

test('settings that a template left empty are left out', () => {
  Object.assign(process.env, OWN, { KEY_GUARDIAN_WEBHOOK_URL: '', KEY_GUARDIAN_WEBHOOK_SECRET: '' });
  expect(compose().ports.channels.map(({ id }) => id)).toEqual(['console']);
});

test('a channel whose settings cannot be used stops nothing else, and its address is not said', () => {
  Object.assign(process.env, OWN, { KEY_GUARDIAN_WEBHOOK_URL: 'http://hooks.example/secret' });
  const { ports, misconfigured } = compose();
  expect(ports.channels.map(({ id }) => id)).toEqual(['console']);
  expect(misconfigured.map(String)).toEqual([
    expect.stringMatching(/webhook cannot be used: its address is not https\.$/),
  ]);
  expect(String(misconfigured)).not.toContain('secret');
});

test('faults of other settings are said together', () => {
  Object.assign(process.env, { KEY_GUARDIAN_SWEEP_SECONDS: '1' });
  const thrown = (): unknown => {
    try {
      return compose();
    } catch (error) {
      return error;
    }
  };
  const error = thrown();
  expect(error).toBeInstanceOf(SettingsInvalid);
  expect(error).toMatchObject({
    faults: [
      expect.stringMatching(/^KEY_GUARDIAN_SWEEP_SECONDS: /),
      expect.stringMatching(/^RegisterStorage: set /),
      expect.stringMatching(/^TrailStorage: set /),
    ],
  });
});

test('settings that it can do without stop nothing: the guardian alerts operators of them', () => {
  Object.assign(process.env, OWN, { KEY_GUARDIAN_POLCY: 'other.json', KEY_GUARDIAN_AUDIT_REGIONS: 'West Europe' });
  expect(compose().misconfiguredSettings).toEqual([
    'KEY_GUARDIAN_POLCY: there is no such setting',
    expect.stringMatching(/^KEY_GUARDIAN_AUDIT_REGIONS: region 1 of 1 is no name of a region/),
  ]);
});

test('a heartbeat that cannot be sent stops nothing: the guardian alerts operators of it, as of a channel', () => {
  Object.assign(process.env, OWN, { KEY_GUARDIAN_HEARTBEAT_URL: 'https://beats.example.com' });
  const { heartbeat, misconfigured } = compose();
  expect(heartbeat).toBeUndefined();
  expect(misconfigured.map(({ channel }) => channel)).toEqual(['heartbeat']);
});

test.each([
  ['watcher', (ports: Ports) => ports.reads('prod-disks').listKeys()],
  ['keeper', (ports: Ports) => ports.writes('prod-disks').update('disk-a', '1', { enabled: true }, 'an-id')],
] as const)('a missing token is said to be that of the identity %s, by its client id', async (name, call) => {
  const clientId = '11111111-1111-4111-8111-111111111111';
  Object.assign(process.env, OWN, {
    [`KEY_GUARDIAN_${name.toUpperCase()}_CLIENT_ID`]: clientId,
    [`KEY_GUARDIAN_${name.toUpperCase()}_OBJECT_ID`]: clientId,
  });
  const { httpClient } = createLocalAzure({ vaults: [{ name: 'prod-disks', keys: [] }], identities: [] });
  setOutside({ ...currentOutside(), vaultHttpClient: httpClient });
  expect(await call(compose().ports)).toMatchObject({
    kind: 'no-token',
    error: { message: `No token for the guardian's identity ${name} (client id ${clientId}): it failed with Error.` },
  });
});
