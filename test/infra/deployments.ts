import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type PredictedResource, readSnapshot, type Snapshot } from '../../local/infra/snapshot.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The text of a file, by its path from the project's root. */
export const textOf = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

/** The parameter files of `deployments/`. */
export const names = ['default', 'private', 'three-vaults', 'watched-subscriptions', 'landing-zone'] as const;

type Name = (typeof names)[number];

/** What `main.bicep` would make: the guardian. `npm run infra` wrote it just before. */
export const guardian = (name: Name): Promise<Snapshot> => readSnapshot(`${root}/.bicep/snapshots/${name}.json`);

/** What `guarded.bicep` would make after it: what the guardian has in the subscriptions that it guards. */
export const guarded = (name: Name): Promise<Snapshot> => readSnapshot(`${root}/.bicep/snapshots/${name}.guarded.json`);

/** Both. */
export async function deployment(name: Name): Promise<Snapshot> {
  const [own, reached] = await Promise.all([guardian(name), guarded(name)]);
  return { ...own, predictedResources: [...own.predictedResources, ...reached.predictedResources] };
}

/** The resources of one type. */
export const ofType = ({ predictedResources }: Snapshot, type: string): readonly PredictedResource[] =>
  predictedResources.filter((each) => each.type === type);

/** The last part of the names of the resources of one type. */
export const namesOf = (snapshot: Snapshot, type: string): readonly string[] =>
  ofType(snapshot, type).map(({ name }) => name.slice(name.lastIndexOf('/') + 1));

const site = z.object({
  siteConfig: z.looseObject({ appSettings: z.array(z.object({ name: z.string(), value: z.string() })) }),
  functionAppConfig: z.object({
    scaleAndConcurrency: z.object({
      alwaysReady: z.array(z.object({ name: z.string(), instanceCount: z.number() })),
      maximumInstanceCount: z.number(),
    }),
  }),
});

/** The app of a deployment. */
export const appOf = (snapshot: Snapshot) => site.parse(ofType(snapshot, 'Microsoft.Web/sites')[0]?.properties);

/** The settings of the app of a deployment. What Azure alone knows stands as an expression. */
export const settingsOf = (snapshot: Snapshot): Readonly<Record<string, string>> =>
  Object.fromEntries(appOf(snapshot).siteConfig.appSettings.map(({ name, value }) => [name, value]));

/** The vault, or other resource, that an extension of it is for. */
export const scopeOf = ({ id }: PredictedResource): string =>
  id.slice(0, id.toLowerCase().lastIndexOf('/providers/microsoft.'));

const assignment = z.object({ roleDefinitionId: z.string(), principalId: z.string(), principalType: z.string() });

/** The role assignments of a deployment, with the name of the identity that each is for. */
export const assignmentsOf = (snapshot: Snapshot) =>
  ofType(snapshot, 'Microsoft.Authorization/roleAssignments').map((each) => {
    const { roleDefinitionId, principalId, principalType } = assignment.parse(each.properties);
    const identity = /userAssignedIdentities\/([^']+)'/.exec(principalId)?.[1] ?? principalId;
    return { identity, role: roleDefinitionId, principalType, scope: scopeOf(each) };
  });

const definition = z.object({
  roleName: z.string(),
  assignableScopes: z.array(z.string()),
  permissions: z.array(z.object({ actions: z.array(z.string()), dataActions: z.array(z.string()) })),
});

/** The custom roles of a deployment. */
export const definitionsOf = (snapshot: Snapshot) =>
  ofType(snapshot, 'Microsoft.Authorization/roleDefinitions').map(({ id, properties }) => ({
    id,
    ...definition.parse(properties),
  }));
