import { join } from 'node:path';
import { AzureCliCredential } from '@azure/identity';
import { keyVaultReads } from '../../../shared/azure/key-vault.ts';
import { MANAGEMENT, type ManagementConnection } from '../../../shared/azure/management-client.ts';
import { resourceGraph } from '../../../shared/azure/resource-graph.ts';
import { resourceManagerReads } from '../../../shared/azure/resource-manager.ts';
import type { Policy } from '../../../shared/domain/policy.ts';
import { MANAGEMENT_REFUSED } from '../../../shared/domain/resource-manager.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import { graphOf } from '../../../shared/estate/graph.ts';
import { kept } from '../../../shared/kept.ts';
import { readPolicy } from '../../../shared/policy-file.ts';
import { MANAGEMENT_HOST } from '../../azure/resource-manager/handler.ts';
import { POLICY_FILE } from '../../guardian-folder.ts';
import { credentialOf, findLocalAzure, outsideConnection, outsideService } from '../../outside-client.ts';
import { apiIn, oidOf, signedIn } from '../context.ts';
import type { PlanSource } from './read.ts';
import type { NameOf } from './text.ts';

/** Where `plan` reads, and what is known there beforehand. */
export interface PlanPlace {
  readonly source: PlanSource;
  readonly subscriptions: readonly string[];
  /** What the guardian that runs there guards; `undefined` where none is known. */
  readonly policy: Policy | undefined;
  readonly nameOf: NameOf;
}

/** Connections under one person's rights: of Azure Resource Manager, and of a vault. */
type Connections = Readonly<Record<'management', ManagementConnection>> & {
  readonly vault: (name: string) => Parameters<typeof keyVaultReads>[0];
};

const sourceOf = ({ management, vault }: Connections, progress: PlanSource['progress']): PlanSource => ({
  graph: graphOf(resourceGraph(management)),
  management: resourceManagerReads(management),
  // One client for each vault: the first request of a client is answered with a challenge.
  reads: kept((name) => keyVaultReads(vault(name))),
  progress,
});

/** Whose rights are used, in messages. */
const YOU = 'you, as signed in with az login';

/** Azure itself, as who is signed in with `az login`. Throws `NotAllowed` where nobody is. */
export async function azurePlace(
  subscriptions: readonly string[],
  progress: PlanSource['progress'],
): Promise<PlanPlace> {
  const credential = new AzureCliCredential();
  await signedIn(credential, `${MANAGEMENT}/.default`);
  const who = { credential, identity: YOU };
  const connections = {
    management: who,
    vault: (name: string) => ({ url: `https://${name}.vault.azure.net`, ...who }),
  };
  return { source: sourceOf(connections, progress), subscriptions, policy: undefined, nameOf: () => undefined };
}

/** The local Azure of a folder. Without subscriptions all that the identity can read. Throws `LocalAzureMissing` where none runs. */
export async function localPlace(
  subscriptions: readonly string[],
  { as, folder, progress }: { readonly as: string; readonly folder: string } & Pick<PlanSource, 'progress'>,
): Promise<PlanPlace> {
  const address = await findLocalAzure(folder);
  const { tokenUrl } = await apiIn(folder);
  const management = { ...(await outsideService(MANAGEMENT_HOST, address, tokenUrl, as)), identity: as };
  const connection = await outsideConnection(address);
  const credential = credentialOf(address, as);
  const source = sourceOf(
    { management, vault: (name) => ({ ...connection(name), credential, identity: as }) },
    progress,
  );
  const names = new Map(address.identities.map(({ name, token }) => [oidOf(token), name]));
  return {
    source,
    subscriptions: subscriptions.length > 0 ? subscriptions : await shownTo(management),
    policy: readPolicy(join(folder, POLICY_FILE)),
    nameOf: (principalId) => names.get(principalId),
  };
}

/** Ids of the subscriptions in which somebody has a role. */
async function shownTo(management: ManagementConnection): Promise<readonly string[]> {
  const answer = await resourceManagerReads(management).subscriptions();
  if (answer.kind === 'ok') return answer.value.map(({ subscriptionId }) => subscriptionId);
  const because = answer.kind === 'missing' ? 'it answers that there are none' : MANAGEMENT_REFUSED[answer.kind];
  throw new NotAllowed(`The subscriptions could not be read: ${because}.`);
}
