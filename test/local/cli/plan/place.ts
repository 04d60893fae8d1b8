/** A local Azure to read by the real adapters, under the rights of a newcomer. Ids are made up. */
import { createLocalAzure, type LocalAzure } from '../../../../local/azure/azure.ts';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import type { SeedIdentity, SeedVault } from '../../../../local/azure/types.ts';
import { type PlanSource, type Reading, readPlan } from '../../../../local/cli/plan/read.ts';
import { planReportOf } from '../../../../local/cli/plan/report.ts';
import type { PlanReport } from '../../../../local/cli/plan/schema.ts';
import { diagnosticSettingResource } from '../../../../local/resources.ts';
import { keyVaultReads } from '../../../../shared/azure/key-vault.ts';
import { workspaceOf } from '../../../../shared/azure/log-analytics.ts';
import { resourceGraph } from '../../../../shared/azure/resource-graph.ts';
import { resourceManagerReads } from '../../../../shared/azure/resource-manager.ts';
import type { Policy } from '../../../../shared/domain/policy.ts';
import { graphOf } from '../../../../shared/estate/graph.ts';

export const PRODUCTION = '11111111-1111-4111-8111-111111111111';
export const HIDDEN = '33333333-3333-4333-8333-333333333333';
export const VERSION = 'a'.repeat(32);
export const OLDER = 'b'.repeat(32);
const WEB_OID = 'd15cd15c-0000-4000-8000-000000000001';
const APP_OID = 'd15cd15c-0000-4000-8000-000000000002';
const GROUP = `/subscriptions/${PRODUCTION}/resourceGroups/rg-disks`;

const resource = (
  type: string,
  name: string,
  properties: Record<string, unknown>,
  more: Partial<Resource> = {},
): Resource => ({
  id: `${GROUP}/providers/${type}/${name}`,
  name,
  type,
  location: 'westeurope',
  // A lock has no state of its own.
  properties: { ...(type.endsWith('/locks') ? {} : { provisioningState: 'Succeeded' }), ...properties },
  ...more,
});

const setId = (name: string): string => `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/${name}`;
const machineId = (name: string): string => `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;
export const vaultId = (name: string): string => `${GROUP}/providers/Microsoft.KeyVault/vaults/${name}`;

/** A disk encryption set on a key. */
export const set = (name: string, keyUrl: string, oid: string): Resource =>
  resource(
    'Microsoft.Compute/diskEncryptionSets',
    name,
    {
      activeKey: { keyUrl },
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      rotationToLatestKeyVersionEnabled: true,
    },
    { identity: { type: 'SystemAssigned', principalId: oid, tenantId: '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20' } },
  );

export const disk = (name: string, setName: string, machine?: string): Resource =>
  resource(
    'Microsoft.Compute/disks',
    name,
    {
      encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: setId(setName) },
      diskState: 'Attached',
    },
    machine === undefined ? {} : { managedBy: machineId(machine) },
  );

const machine = (name: string): Resource =>
  resource('Microsoft.Compute/virtualMachines', name, {
    extended: { instanceView: { powerState: { code: 'PowerState/running' } } },
  });

export const keyUrl = (vault: string, key: string, version = VERSION): string =>
  `https://${vault}.vault.azure.net/keys/${key}/${version}`;

export const vault = (name: string, keys: SeedVault['keys'] = [], more: Partial<SeedVault> = {}): SeedVault => ({
  name,
  region: 'westeurope',
  subscriptionId: PRODUCTION,
  resourceGroup: 'rg-disks',
  keys,
  ...more,
});

export const key = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  versions: [{ version: VERSION, keySize: 2048 as const, keyOps: ['wrapKey', 'unwrapKey'] as const, ...more }],
});

const roleOn = (role: string, scope: string) => ({ role, scope });

/** Who asks: nothing but the two built-in roles that the README names. */
const newcomer: SeedIdentity = {
  name: 'newcomer',
  kind: 'user',
  upn: 'newcomer@contoso.example',
  grants: [],
  roles: [roleOn('Reader', `/subscriptions/${PRODUCTION}`), roleOn('Key Vault Reader', `/subscriptions/${PRODUCTION}`)],
};

interface Seeds {
  readonly vaults?: readonly SeedVault[];
  readonly resources?: readonly Resource[];
  readonly identities?: readonly SeedIdentity[];
}

/** Two sets of one vault: `des-web` with three disks on two machines, `des-app` with one disk on none. */
export function planAzure({ vaults, resources = [], identities = [] }: Seeds = {}): LocalAzure {
  return createLocalAzure({
    seed: 7,
    vaults: vaults ?? [vault('contoso-disks', [key('disk-web'), key('disk-app'), key('unused')])],
    subscriptions: [{ subscriptionId: PRODUCTION, displayName: 'Contoso Production' }, { subscriptionId: HIDDEN }],
    resources: [
      set('des-web', keyUrl('contoso-disks', 'disk-web'), WEB_OID),
      set('des-app', keyUrl('contoso-disks', 'disk-app'), APP_OID),
      disk('web-1', 'des-web', 'vm-web-1'),
      disk('web-2', 'des-web', 'vm-web-1'),
      disk('web-3', 'des-web', 'vm-web-2'),
      disk('app-1', 'des-app'),
      machine('vm-web-1'),
      machine('vm-web-2'),
      resource(
        'Microsoft.Authorization/locks',
        'keep',
        { level: 'CanNotDelete' },
        {
          id: `${vaultId('contoso-disks')}/providers/Microsoft.Authorization/locks/keep`,
        },
      ),
      diagnosticSettingResource(vaultId('contoso-disks'), 'all-vaults', {
        workspaceId: `${GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs`,
      }),
      ...resources,
    ],
    identities: [
      newcomer,
      ...[WEB_OID, APP_OID].map(
        (oid, at): SeedIdentity => ({
          name: `set-${at}`,
          kind: 'managed-identity',
          oid,
          grants: [],
          roles: [roleOn('Key Vault Crypto Service Encryption User', vaultId('contoso-disks'))],
        }),
      ),
      ...identities,
    ],
  });
}

/** What the newcomer reads by, over the real clients. */
export function planSource(azure: LocalAzure, lines: string[] = [], workspaces: readonly string[] = []): PlanSource {
  const who = { credential: azure.credential('newcomer'), identity: 'the newcomer', httpClient: azure.httpClient };
  const vaultOf = (name: string) => ({ ...who, url: `https://${name}.vault.azure.net` });
  return {
    graph: graphOf(resourceGraph(who)),
    management: resourceManagerReads(who),
    reads: (name) => keyVaultReads(vaultOf(name)),
    workspaces: workspaces.map((id) => workspaceOf(id, who)),
    progress: (line) => void lines.push(line),
  };
}

export const NOW = new Date('2026-12-01T12:00:00Z');

/** What is read of the production subscription, and the report of it. */
export async function planned(
  azure: LocalAzure,
  {
    subscriptions = [PRODUCTION],
    workspaces,
    policy,
    now = new Date(),
  }: {
    subscriptions?: readonly string[];
    workspaces?: readonly string[];
    policy?: Policy;
    now?: Date;
  } = {},
): Promise<{ readonly reading: Reading; readonly report: PlanReport }> {
  const reading = await readPlan(planSource(azure, [], workspaces), subscriptions);
  return { reading, report: planReportOf(reading, subscriptions, policy, now) };
}
