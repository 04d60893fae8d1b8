import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import hostJson from '../../host.json' with { type: 'json' };
import vaults from '../../infra/vaults.json' with { type: 'json' };
import { bicepCompiler } from '../../local/infra/compiler.ts';
import { bicepParameters, takeSnapshot } from '../../local/infra/snapshot.ts';
import policy from '../../policy.json' with { type: 'json' };
import { deployment, guarded, guardian, names, namesOf, ofType, settingsOf, textOf } from './deployments.ts';

const outputs = z.record(z.string(), z.unknown());

test('policy.json and infra/vaults.json name the same vaults', () => {
  expect(vaults.map(({ id }) => id.slice(id.lastIndexOf('/') + 1))).toEqual(policy.vaults.map(({ name }) => name));
});

describe('no secret', () => {
  test.each(names)('is in a setting or an output of the deployment `%s`', async (name) => {
    const snapshot = await deployment(name);
    const shown = JSON.stringify([settingsOf(snapshot), outputs.parse(snapshot.outputs ?? {})]);
    expect(shown).not.toMatch(
      /listKeys|listAccountSas|listSecrets|listConnectionStrings|AccountKey=|SharedAccessKey=|sig=/i,
    );
  });

  test('of a channel is a setting: each refers to the vault of the guardian', async () => {
    const settings = Object.entries(settingsOf(await deployment('private')));
    const webhook = settings.filter(([name]) => name.startsWith('KEY_GUARDIAN_WEBHOOK_'));
    expect(webhook.map(([name]) => name)).toEqual(['KEY_GUARDIAN_WEBHOOK_URL', 'KEY_GUARDIAN_WEBHOOK_SECRET']);
    for (const [name, value] of webhook) {
      expect(value).toContain('@Microsoft.KeyVault(SecretUri=');
      expect(value).toContain(`secrets/{1})', `);
      expect(value).toContain(`'${name.toLowerCase().replaceAll('_', '-')}'`);
    }
    expect(Object.keys(settingsOf(await deployment('default'))).filter((name) => name.includes('WEBHOOK'))).toEqual([]);
  });

  test('is a parameter or a default of a template', () => {
    const files = ['main', 'guarded'].map((name) => textOf(`.bicep/templates/${name}.json`));
    for (const file of files) {
      expect(file).not.toMatch(/"type": "secure|AccountKey=|SharedAccessKey=|listKeys\(|listAccountSas\(/i);
    }
  });
});

describe('storage', () => {
  const account = z.object({
    allowSharedKeyAccess: z.boolean(),
    allowBlobPublicAccess: z.boolean(),
    minimumTlsVersion: z.string(),
    publicNetworkAccess: z.string(),
    networkAcls: z.object({ defaultAction: z.string(), bypass: z.string() }),
  });

  test.each(names)('of the deployment `%s` takes no shared key', async (name) => {
    const accounts = ofType(await deployment(name), 'Microsoft.Storage/storageAccounts');
    expect(accounts.length).toBe(2);
    for (const { properties } of accounts)
      expect(account.parse(properties)).toMatchObject({
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        minimumTlsVersion: 'TLS1_2',
      });
  });

  test('of the trail keeps what is appended, and lets it be appended to', async () => {
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies';
    const policies = ofType(await deployment('default'), type);
    expect(policies.map(({ id, properties }) => [id.split('/').at(-3), properties])).toEqual([
      ['trail', { immutabilityPeriodSinceCreationInDays: 365, allowProtectedAppendWrites: true }],
    ]);
  });
});

describe('a private deployment', () => {
  test.each(['private', 'landing-zone'] as const)(
    '`%s` closes its storage and its vault to the internet',
    async (name) => {
      const snapshot = await deployment(name);
      const closable = z.looseObject({ networkAcls: z.object({ defaultAction: z.string() }) });
      const closed = ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults'].flatMap((type) =>
        ofType(snapshot, type).map(({ properties }) => closable.parse(properties).networkAcls.defaultAction),
      );
      expect(closed).toEqual(['Deny', 'Deny', 'Deny']);
    },
  );

  test('has an endpoint for each service that it calls, the guarded vault among them', async () => {
    const endpoint = z.looseObject({
      privateLinkServiceConnections: z.array(
        z.object({ properties: z.object({ privateLinkServiceId: z.string(), groupIds: z.array(z.string()) }) }),
      ),
    });
    const endpoints = ofType(await deployment('private'), 'Microsoft.Network/privateEndpoints').flatMap(
      ({ properties }) =>
        endpoint.parse(properties).privateLinkServiceConnections.map(({ properties: to }) => {
          const [kind = '', name = ''] = to.privateLinkServiceId.split('/').slice(-2);
          return `${to.groupIds.join()} of ${kind} ${name}`;
        }),
    );
    expect(endpoints.toSorted()).toEqual([
      'azuremonitor of privateLinkScopes key-guardian-monitor',
      'blob of storageAccounts keyguardianreg3mtx2ajw',
      'blob of storageAccounts keyguardiantrl3mtx2ajw',
      'queue of storageAccounts keyguardianreg3mtx2ajw',
      'sites of sites key-guardian-3mtx2ajw',
      'table of storageAccounts keyguardianreg3mtx2ajw',
      'topic of topics key-guardian-alerts-3mtx2ajw',
      'vault of vaults contoso-disks',
      'vault of vaults keyguardian-3mtx2ajw',
    ]);
  });

  test.each([
    ['private', 'Disabled'],
    ['landing-zone', 'Enabled'],
    ['default', 'Enabled'],
  ] as const)(
    'takes telemetry from the internet only where it makes no private link: `%s` has it %s',
    async (name, access) => {
      const [component] = ofType(await guardian(name), 'Microsoft.Insights/components');
      expect(component?.properties).toMatchObject({ publicNetworkAccessForIngestion: access, DisableLocalAuth: true });
    },
  );

  test('lets Event Grid in, and nobody else from the internet', async () => {
    const [site] = ofType(await deployment('private'), 'Microsoft.Web/sites');
    expect(site?.properties).toMatchObject({
      siteConfig: {
        ipSecurityRestrictionsDefaultAction: 'Deny',
        ipSecurityRestrictions: [{ action: 'Allow', tag: 'ServiceTag', ipAddress: 'AzureEventGrid' }],
        scmIpSecurityRestrictionsDefaultAction: 'Deny',
      },
    });
  });

  test('in a landing zone makes no network, zone, group or workspace, and uses the names and tags that it was given', async () => {
    const snapshot = await deployment('landing-zone');
    const types = new Set(snapshot.predictedResources.map(({ type }) => type));
    for (const type of [
      'Network/virtualNetworks',
      'Network/privateDnsZones',
      'Resources/resourceGroups',
      'OperationalInsights/workspaces',
    ])
      expect([...types]).not.toContain(`Microsoft.${type}`);
    expect(namesOf(snapshot, 'Microsoft.Web/sites')).toEqual(['func-guardian-prod']);
    const tagged = snapshot.predictedResources.filter(({ tags }) => tags !== undefined);
    for (const { tags } of tagged) expect(tags).toMatchObject({ costCenter: '4711', owner: 'platform' });
    expect(tagged.length).toBeGreaterThan(10);
  });
});

test('audit events of each guarded vault go to the workspace, and to the hub of its region', async () => {
  const snapshot = await deployment('three-vaults');
  const sent = ofType(snapshot, 'Microsoft.Insights/diagnosticSettings')
    .filter(({ id }) => /vaults\/contoso-/.test(id))
    .map(({ id, properties }) => [
      /vaults\/([^/]+)/.exec(id)?.[1],
      /namespaces\/[a-z0-9-]*-([a-z]+)\//.exec(String(properties?.eventHubAuthorizationRuleId))?.[1],
    ]);
  expect(sent).toEqual([
    ['contoso-disks', 'westeurope'],
    ['contoso-sql', 'northeurope'],
    ['contoso-dev', 'westeurope'],
  ]);
});

test.each(names)(
  'the app of the deployment `%s` looks for the destinations and the function that each vault is wired to',
  async (name) => {
    const { KEY_GUARDIAN_AUDIT_DESTINATIONS: listed = '', KEY_GUARDIAN_APP_RESOURCE: app } = settingsOf(
      await deployment(name),
    );
    const destinations = listed === '' ? [] : listed.split(',');
    const reached = await guarded(name);
    const logs = ofType(reached, 'Microsoft.Insights/diagnosticSettings');
    expect(logs.length === 0).toBe(destinations.length === 0);
    for (const { properties } of logs) {
      expect(destinations).toContain(properties?.workspaceId);
      const rule = properties?.eventHubAuthorizationRuleId;
      if (rule != null) expect(destinations).toContain(rule);
    }
    const functions = ofType(reached, 'Microsoft.EventGrid/systemTopics/eventSubscriptions').map(({ properties }) =>
      JSON.stringify(properties),
    );
    expect(functions.filter((each) => each.includes(`"${app}/functions/key-vault-event"`)).length).toBeGreaterThan(0);
  },
);

describe('the topic of alerts', () => {
  const topics = async (name: (typeof names)[number]) => ofType(await guardian(name), 'Microsoft.EventGrid/topics');

  test('is made where the policy names the channel event-grid, and takes CloudEvents under an Entra identity only', async () => {
    const [topic] = await topics('three-vaults');
    expect(topic?.properties).toMatchObject({
      inputSchema: 'CloudEventSchemaV1_0',
      disableLocalAuth: true,
      publicNetworkAccess: 'Enabled',
    });
    expect(await topics('default')).toEqual([]);
  });

  test('is closed to the internet in a private deployment', async () => {
    const [topic] = await topics('private');
    expect(topic?.properties).toMatchObject({ publicNetworkAccess: 'Disabled' });
  });
});

describe('Azure Monitor alerts people', () => {
  test('when the guardian does not run, when it fails, and when what it is made of is changed', async () => {
    const snapshot = await deployment('default');
    expect(namesOf(snapshot, 'Microsoft.Insights/scheduledQueryRules')).toEqual([
      'key-guardian-heartbeat',
      'key-guardian-failures',
    ]);
    expect(namesOf(snapshot, 'Microsoft.Insights/activityLogAlerts')).toEqual(['key-guardian-changed']);
  });

  test('by what the heartbeat logs, at a level that host.json keeps', () => {
    const [, begins = ''] = /startswith '([^']+)'/.exec(textOf('infra/queries/heartbeat.kql')) ?? [];
    expect(textOf('shared/senses/heartbeat.ts')).toContain(`log.info(\`${begins} `);
    expect(hostJson.logging.logLevel['Function.heartbeat.User']).toBe('Information');
  });

  test('when events of a vault are not delivered, dead-lettered or dropped', async () => {
    const rules = namesOf(await guarded('three-vaults'), 'Microsoft.Insights/metricAlerts');
    expect(rules.filter((name) => name.includes('contoso-sql'))).toEqual([
      'key-guardian-contoso-sql-DeliveryAttemptFailCount',
      'key-guardian-contoso-sql-DeadLetteredCount',
      'key-guardian-contoso-sql-DroppedEventCount',
    ]);
  });
});

describe('azd', () => {
  test('gives guarded.bicep each parameter, by the output of main.bicep', async () => {
    const template = z.object({ parameters: z.record(z.string(), z.unknown()) });
    const { parameters } = template.parse(JSON.parse(textOf('.bicep/templates/guarded.json')));
    const given = template.parse((await deployment('default')).outputs?.KEY_GUARDIAN_GUARDED);
    expect([...Object.keys(given.parameters), 'vaults', 'updateSets', 'activity'].toSorted()).toEqual(
      Object.keys(parameters).toSorted(),
    );
  });

  test('finds the app by its tag, and deploys the bundle as it was built', async () => {
    const [site] = ofType(await deployment('default'), 'Microsoft.Web/sites');
    expect(site?.tags).toMatchObject({ 'azd-service-name': 'guardian' });
    const yaml = textOf('azure.yaml');
    for (const line of ['  guardian:', '    dist: dist', '    remoteBuild: false'])
      expect(yaml).toContain(`\n${line}\n`);
  });
});

test.each(names)('the names of the deployment `%s` are ones that Azure takes', async (name) => {
  const snapshot = await guardian(name);
  const allowed: Readonly<Record<string, RegExp>> = {
    'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
    'Microsoft.KeyVault/vaults': /^(?!.*--)[a-zA-Z][0-9a-zA-Z-]{1,22}[0-9a-zA-Z]$/,
    'Microsoft.EventGrid/topics': /^[a-zA-Z0-9-]{3,50}$/,
    'Microsoft.Web/sites': /^[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]$/,
    'Microsoft.EventHub/namespaces': /^(?!.*-$)[a-zA-Z][a-zA-Z0-9-]{5,49}$/,
  };
  for (const [type, pattern] of Object.entries(allowed))
    for (const each of namesOf(snapshot, type)) expect(each).toMatch(pattern);
});

test('a vault that only one of policy and vaults.json has ends the deployment with its name', async () => {
  const made = fileURLToPath(new URL('../../.bicep', import.meta.url));
  const file = join(made, 'snapshots/mismatch.bicepparam');
  const policyOfTwo = { vaults: [{ name: 'contoso-disks' }, { name: 'contoso-other' }] };
  await writeFile(file, bicepParameters('../../infra/main.bicep', { policy: policyOfTwo }));
  const place = { subscriptionId: 'any', tenantId: 'any', location: 'westeurope' };
  const faults = await takeSnapshot(await bicepCompiler(made), file, join(made, 'snapshots/mismatch.json'), place);
  expect(faults).toContain('only one of policy.json and vaults.json: contoso-other');
});
