import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import roles from '../../infra/roles.json' with { type: 'json' };
import { handOverOf, rightsScript } from '../../local/infra/rights.ts';
import { assignmentsOf, definitionsOf, deployment, guardian, names, ofType } from './deployments.ts';

/** `identity: role on last part of the scope`, for each assignment. */
async function assigned(name: (typeof names)[number]): Promise<readonly string[]> {
  const snapshot = await deployment(name);
  const custom = new Map(definitionsOf(snapshot).map(({ id, roleName }) => [id, roleName.split(' (')[0]]));
  const builtIn = new Map(Object.values(roles.own).map(({ id, role }) => [id, role]));
  return assignmentsOf(snapshot)
    .map(({ identity, role, scope }) => {
      const named = custom.get(role) ?? builtIn.get(role.slice(role.lastIndexOf('/') + 1)) ?? role;
      return `${identity.replace('key-guardian-', '')}: ${named} on ${scope.split('/').slice(-2).join(' ')}`;
    })
    .toSorted();
}

const UPDATE = roles.identities.updater.actions[0]?.action;

/** The ids of the custom roles that can only read, or write disk encryption sets. */
const rolesOfSubscriptions = async (name: (typeof names)[number]): Promise<readonly string[]> =>
  definitionsOf(await deployment(name)).flatMap(({ id, permissions }) =>
    permissions
      .flatMap((each) => [...each.actions, ...each.dataActions])
      .every((action) => /\/read$/.test(action) || action === UPDATE)
      ? [id]
      : [],
  );

const own = [
  'events: Storage Blob Data Contributor on containers dead-letters',
  'watcher: Key Guardian signer on keys signing',
  'watcher: Monitoring Metrics Publisher on components key-guardian-app',
  'watcher: Log Analytics Reader on workspaces key-guardian-logs',
  'watcher: Monitoring Metrics Publisher on dataCollectionRules key-guardian-trail',
  'watcher: Storage Blob Data Contributor on containers trail',
  'watcher: Storage Blob Data Owner on storageAccounts keyguardianreg3mtx2ajw',
  'watcher: Storage Queue Data Contributor on storageAccounts keyguardianreg3mtx2ajw',
  'watcher: Storage Table Data Contributor on storageAccounts keyguardianreg3mtx2ajw',
];

const onSurveyed = (subscription: string): readonly string[] => [
  `surveyor: Key Guardian surveyor on subscriptions ${subscription}`,
  `keeper: Key Guardian updater on subscriptions ${subscription}`,
];

describe('role assignments', () => {
  test('of the deployment as it comes are exactly these', async () => {
    expect(await assigned('default')).toEqual(
      [
        ...own,
        'watcher: Key Guardian watcher on vaults contoso-disks',
        'surveyor: Key Guardian surveyor on subscriptions 00000000-0000-0000-0000-000000000000',
      ].toSorted(),
    );
  });

  test('of three vaults give the keeper a right in vaults with keys in block only, to rotate where a schedule asks for it, and on sets in each surveyed subscription where one says update', async () => {
    expect(await assigned('three-vaults')).toEqual(
      [
        ...own,
        'watcher: Key Vault Secrets User on vaults keyguardian-3mtx2ajw',
        'watcher: EventGrid Data Sender on topics key-guardian-alerts-3mtx2ajw',
        'watcher: Azure Event Hubs Data Receiver on eventhubs key-vault-audit',
        'watcher: Azure Event Hubs Data Receiver on eventhubs key-vault-audit',
        'watcher: Key Guardian watcher on vaults contoso-disks',
        'watcher: Key Guardian watcher on vaults contoso-sql',
        'watcher: Key Guardian watcher on vaults contoso-dev',
        'keeper: Key Guardian keeper on vaults contoso-disks',
        'keeper: Key Guardian keeper on vaults contoso-sql',
        'keeper: Key Guardian rotator on vaults contoso-disks',
        ...['33333333-3333-4333-8333-333333333333', '44444444-4444-4444-8444-444444444444'].flatMap(onSurveyed),
        ...onSurveyed('66666666-6666-4666-8666-666666666666'),
        'watcher: Key Guardian watcher on subscriptions 66666666-6666-4666-8666-666666666666',
      ].toSorted(),
    );
  });

  test('of a watcher on subscriptions are one for each of them, and the keeper’s stay on vaults in block', async () => {
    const onGuarded = (await assigned('watched-subscriptions')).filter((each) => !own.includes(each));
    expect(onGuarded).toEqual([
      'keeper: Key Guardian keeper on vaults contoso-disks',
      'surveyor: Key Guardian surveyor on subscriptions 33333333-3333-4333-8333-333333333333',
      'surveyor: Key Guardian surveyor on subscriptions 44444444-4444-4444-8444-444444444444',
      'watcher: Key Guardian watcher on subscriptions 33333333-3333-4333-8333-333333333333',
      'watcher: Key Guardian watcher on subscriptions 44444444-4444-4444-8444-444444444444',
    ]);
  });

  test.each(names)(
    'of the deployment `%s` are each on one resource, or only read a subscription or write its sets, for an identity of the guardian',
    async (name) => {
      const wide = await rolesOfSubscriptions(name);
      for (const { identity, principalType, scope, role } of assignmentsOf(await deployment(name))) {
        expect(identity).toMatch(/^key-guardian-(watcher|keeper|surveyor|events)$/);
        expect(principalType).toBe('ServicePrincipal');
        if (/^\/subscriptions\/[^/]+$/.test(scope)) expect(wide).toContain(role);
        else
          expect(scope).toMatch(
            /\/providers\/Microsoft\.(KeyVault\/vaults|Storage\/storageAccounts|Insights\/(components|dataCollectionRules)|OperationalInsights\/workspaces|EventGrid\/topics|EventHub\/namespaces)\//,
          );
      }
    },
  );
});

describe('a deployment without a vault in block', () => {
  test.each(['default', 'private'] as const)(
    '`%s` holds no data action that writes to a guarded vault',
    async (name) => {
      const snapshot = await deployment(name);
      const custom = new Map(
        definitionsOf(snapshot).map(({ id, permissions }) => [
          id,
          permissions.flatMap((each) => [...each.actions, ...each.dataActions]),
        ]),
      );
      // A built-in role would be named by its id alone: on a guarded vault there are custom roles only.
      const onGuarded = assignmentsOf(snapshot).filter(({ scope }) => /vaults\/contoso-/i.test(scope));
      expect(onGuarded.map(({ identity, role }) => [identity, custom.get(role)])).toEqual([
        ['key-guardian-watcher', roles.identities.watcher.dataActions.map(({ action }) => action)],
      ]);
    },
  );
});

describe('a deployer who may not assign roles', () => {
  test('deploys neither roles nor assignments nor locks', async () => {
    const types = (await deployment('landing-zone')).predictedResources.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('Microsoft.Authorization/'))).toEqual([]);
  });

  test('hands over every role and assignment, by the identity that it is for', async () => {
    const snapshot = await deployment('three-vaults');
    const { definitions, assignments } = handOverOf(snapshot);
    expect(definitions.length).toBe(definitionsOf(snapshot).length);
    expect(assignments.length).toBe(ofType(snapshot, 'Microsoft.Authorization/roleAssignments').length);
    const script = rightsScript({ definitions, assignments });
    expect(script.match(/az role assignment create/g)?.length).toBe(assignments.length);
    for (const { scope } of assignments) expect(script).toContain(`'${scope}'`);
    for (const { roleName } of definitions) expect(script).toContain(`--role '${roleName}'`);
  });
});

test.each(names)(
  'the deployment `%s` of azd reaches no group but that of the guardian: `azd down` deletes all that it reached',
  async (name) => {
    const snapshot = await guardian(name);
    const group = z.string().parse(snapshot.outputs?.AZURE_RESOURCE_GROUP);
    const groups = snapshot.predictedResources.map(
      ({ id }) => (/\/resourceGroups\/([^/]+)/i.exec(id) ?? /^\[resourceId\('[^']+', '([^']+)'/.exec(id))?.[1],
    );
    expect([...new Set(groups)]).toEqual([group]);
  },
);
