import { z } from 'zod';
import type { Vault } from './store.ts';

const network = z.object({
  publicNetworkAccess: z.string().default('Enabled'),
  networkAcls: z
    .object({ bypass: z.string().default('AzureServices'), defaultAction: z.string().default('Allow') })
    .prefault({}),
});

/**
 * Whether even trusted services, as disks under a disk encryption set, do not reach a vault: inside a perimeter, or closed
 * without their bypass. Other callers of the local Azure are taken to come through a network that the vault lets in.
 * @see https://learn.microsoft.com/azure/key-vault/general/network-security
 */
export function isClosedToTrustedServices({ properties }: Vault): boolean {
  const { publicNetworkAccess, networkAcls } = network.parse(properties);
  if (publicNetworkAccess.toLowerCase() === 'securedbyperimeter') return true;
  const isClosed =
    publicNetworkAccess.toLowerCase() === 'disabled' || networkAcls.defaultAction.toLowerCase() === 'deny';
  return isClosed && networkAcls.bypass.toLowerCase() === 'none';
}
