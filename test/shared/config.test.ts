import { describe, expect, test } from 'vitest';
import { auditRegions, type Environment, misconfiguredSettings, readSettings } from '../../shared/config.ts';
import { SettingsInvalid } from '../../shared/errors.ts';

const OWN = { RegisterStorage: 'UseDevelopmentStorage=true', TrailStorage: 'UseDevelopmentStorage=true' };
const AZURE = {
  RegisterStorage__tableServiceUri: 'https://register.table.core.windows.net',
  RegisterStorage__queueServiceUri: 'https://register.queue.core.windows.net',
  RegisterStorage__blobServiceUri: 'https://register.blob.core.windows.net',
  TrailStorage__blobServiceUri: 'https://trail.blob.core.windows.net',
};
const GUID = '0f0e0d0c-0000-4000-8000-000000000002';

const faultsOf = (environment: Environment): readonly string[] => {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsInvalid) return error.faults;
    throw error;
  }
};

describe('settings', () => {
  test('have defaults for all but the storage', () => {
    expect(readSettings(OWN)).toEqual({
      ...OWN,
      KEY_GUARDIAN_POLICY: 'policy.json',
      KEY_GUARDIAN_SWEEP_SECONDS: 60,
      KEY_GUARDIAN_AUDIT_REGIONS: [],
      KEY_GUARDIAN_AUDIT_DESTINATIONS: [],
      KEY_GUARDIAN_AUDIT_HUB: 'key-vault-audit',
      KEY_GUARDIAN_WORKSPACES: [],
    });
  });

  test('that are there and empty, as templates leave them, are left out', () => {
    expect(readSettings({ ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '', KEY_GUARDIAN_WATCHER_CLIENT_ID: '' })).toEqual(
      readSettings(OWN),
    );
  });

  test.each<readonly [says: string, environment: Environment]>([
    ['storage by connection string', OWN],
    ['storage by its endpoints', AZURE],
    [
      'one of each',
      { RegisterStorage: OWN.RegisterStorage, TrailStorage__blobServiceUri: AZURE.TrailStorage__blobServiceUri },
    ],
    ['two seconds between passes', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '2' }],
    ['five minutes between passes', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '300' }],
    ['regions with blanks', { ...OWN, KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope, northeurope,' }],
    ['an object id without a client id', { ...OWN, KEY_GUARDIAN_KEEPER_OBJECT_ID: GUID }],
    ['a signing key', { ...OWN, KEY_GUARDIAN_SIGNING_KEY: 'https://kg.vault.azure.net/keys/signing' }],
    ['what is not ours', { ...OWN, PATH: '/bin' }],
    ['a name that only another version knows, as a rollback leaves it', { ...OWN, KEY_GUARDIAN_NEXT: '1' }],
    ['regions that cannot be used', { ...OWN, KEY_GUARDIAN_AUDIT_REGIONS: 'West Europe' }],
  ])('accept %s', (_says, environment) => {
    expect(faultsOf(environment)).toEqual([]);
  });

  test.each<readonly [says: string, environment: Environment, fault: string]>([
    ['one second between passes', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '1' }, 'KEY_GUARDIAN_SWEEP_SECONDS: '],
    ['more than five minutes', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '301' }, 'KEY_GUARDIAN_SWEEP_SECONDS: '],
    ['half a second more', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: '2.5' }, 'KEY_GUARDIAN_SWEEP_SECONDS: '],
    ['words for a number', { ...OWN, KEY_GUARDIAN_SWEEP_SECONDS: 'often' }, 'KEY_GUARDIAN_SWEEP_SECONDS: '],
    [
      'an id that is no GUID',
      { ...OWN, KEY_GUARDIAN_KEEPER_OBJECT_ID: 'keeper' },
      'KEY_GUARDIAN_KEEPER_OBJECT_ID: must be a GUID',
    ],
    [
      'the address of a version for a signing key',
      { ...OWN, KEY_GUARDIAN_SIGNING_KEY: 'https://kg.vault.azure.net/keys/signing/0a1b' },
      'KEY_GUARDIAN_SIGNING_KEY: must be the address of a key without a version',
    ],
    [
      'a client id without its object id',
      { ...OWN, KEY_GUARDIAN_KEEPER_CLIENT_ID: GUID },
      'KEY_GUARDIAN_KEEPER_OBJECT_ID: set it beside the client id',
    ],
    [
      'an endpoint that is not https',
      { ...AZURE, TrailStorage__blobServiceUri: 'http://trail.example' },
      'TrailStorage__blobServiceUri: must be an https address',
    ],
    [
      'an account without its queues',
      { ...AZURE, RegisterStorage__queueServiceUri: undefined },
      'RegisterStorage: set RegisterStorage__queueServiceUri',
    ],
  ])('refuse %s', (_says, environment, fault) => {
    expect(faultsOf(environment)).toEqual([expect.stringContaining(fault)]);
  });

  test('are refused with every fault, and no fault repeats a value', () => {
    const secret = 'https://hooks.example/secret-path';
    const faults = faultsOf({
      KEY_GUARDIAN_SWEEP_SECONDS: secret,
      KEY_GUARDIAN_WATCHER_CLIENT_ID: secret,
      TrailStorage__blobServiceUri: 'ftp://secret-path.example',
    });
    expect(faults).toEqual([
      'TrailStorage__blobServiceUri: must be an https address',
      expect.stringMatching(/^KEY_GUARDIAN_SWEEP_SECONDS: /),
      'KEY_GUARDIAN_WATCHER_CLIENT_ID: must be a GUID',
      'RegisterStorage: set RegisterStorage__tableServiceUri, RegisterStorage__queueServiceUri, RegisterStorage__blobServiceUri',
      'KEY_GUARDIAN_WATCHER_OBJECT_ID: set it beside the client id',
    ]);
    expect(faults.join()).not.toContain('secret-path');
  });
});

describe('settings that the app does without', () => {
  const connected = { AuditLog_westeurope: 'x', AuditLog_northeurope: 'x' };

  test.each<readonly [says: string, environment: Environment, faults: readonly string[]]>([
    ['none', { ...OWN, ...connected, KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope, northeurope' }, []],
    ['an unknown name', { KEY_GUARDIAN_POLCY: 'secret' }, ['KEY_GUARDIAN_POLCY: there is no such setting']],
    ['an unknown name that is empty', { KEY_GUARDIAN_POLCY: '' }, []],
    ['a name that is not ours', { KEY_GUARD: '1' }, []],
    [
      'a region that is named twice',
      { ...connected, KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope, northeurope, WestEurope' },
      ['KEY_GUARDIAN_AUDIT_REGIONS: region 3 of 3 is the same as region 1'],
    ],
    [
      'a region as the portal spells it',
      { ...connected, KEY_GUARDIAN_AUDIT_REGIONS: 'West Europe' },
      ['KEY_GUARDIAN_AUDIT_REGIONS: region 1 of 1 is no name of a region: write it as westeurope'],
    ],
    [
      'a region without its connection',
      { AuditLog_westeurope: 'x', KEY_GUARDIAN_AUDIT_REGIONS: 'northeurope, westeurope' },
      ['AuditLog_northeurope: it is not there, so that no audit record of that region arrives'],
    ],
    [
      'a region whose connection is empty',
      { AuditLog_westeurope: '', KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope' },
      ['AuditLog_westeurope: it is not there, so that no audit record of that region arrives'],
    ],
    [
      'a region whose name only begins like one that has a connection',
      { AuditLog_westeurope2: 'x', KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope' },
      ['AuditLog_westeurope: it is not there, so that no audit record of that region arrives'],
    ],
    [
      'a region with the connection of a managed identity',
      { AuditLog_westeurope__fullyQualifiedNamespace: 'x', KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope' },
      [],
    ],
    [
      'a region and its connection, of different case',
      { AUDITLOG_WESTEUROPE: 'x', KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope' },
      [],
    ],
    [
      'a workspace that is named by something else than its id',
      { KEY_GUARDIAN_WORKSPACES: '0a9d7c11-1111-4111-8111-000000000001, my-workspace' },
      ['KEY_GUARDIAN_WORKSPACES: entry 2 of 2 is no workspace id, which is a GUID'],
    ],
    [
      'an endpoint for the trail without the rule',
      { KEY_GUARDIAN_TRAIL_ENDPOINT: 'https://x.westeurope-1.ingest.monitor.azure.com' },
      ['KEY_GUARDIAN_TRAIL_ENDPOINT, KEY_GUARDIAN_TRAIL_RULE: only one is set, so that the trail goes to no workspace'],
    ],
  ])('are said: %s', (_says, environment, faults) => {
    expect(misconfiguredSettings(environment)).toEqual(faults);
  });
});

test('a workspace whose id is none keeps no other from being asked, and the guardian from nothing', () => {
  const id = '0a9d7c11-1111-4111-8111-000000000001';
  expect(readSettings({ ...OWN, KEY_GUARDIAN_WORKSPACES: `my-workspace, ${id}` }).KEY_GUARDIAN_WORKSPACES).toEqual([
    id,
  ]);
});

describe('the regions of audit records', () => {
  test.each<readonly [text: string, regions: readonly string[]]>([
    ['', []],
    ['westeurope', ['westeurope']],
    ['westeurope, northeurope', ['westeurope', 'northeurope']],
    ['westeurope,westeurope', ['westeurope']],
    ['WestEurope,westeurope', ['WestEurope']],
    ['West Europe,northeurope', ['northeurope']],
    ['a/b', []],
    ['x'.repeat(64), ['x'.repeat(64)]],
    ['x'.repeat(65), []],
  ])('%j make one function for each that the host takes', (text, regions) => {
    const made = auditRegions({ KEY_GUARDIAN_AUDIT_REGIONS: text, KEY_GUARDIAN_AUDIT_HUB: 'hub' });
    expect(made).toEqual(
      regions.map((region) => ({ name: `audit-log-${region}`, connection: `AuditLog_${region}`, hub: 'hub' })),
    );
  });
});
