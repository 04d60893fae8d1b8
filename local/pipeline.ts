import type { KeyClient } from '@azure/keyvault-keys';
import { type Management, setsOn, versionUrls } from './writes.ts';

/** What the code of a pipeline pins: an older version, and a rotation policy of its own. */
const ROTATES_AFTER = 'P365D';

/**
 * One `apply` of somebody's infrastructure as code, which knows nothing of what happened since: every set on the key is put
 * whole, pinned to the oldest version; the key's attributes and its rotation policy are written as the code has them. The
 * requests are those of Terraform's provider.
 *
 * @see https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/compute/disk_encryption_set_resource.go
 * @see https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/keyvault/key_vault_key_resource.go
 */
export async function applyPipeline(client: KeyClient, send: Management, vault: string, key: string): Promise<string> {
  const [keyUrl] = await versionUrls(send, vault, key);
  const sets = await setsOn(send, vault, key);
  for (const { id, location, tags = {}, identity, properties } of sets) {
    const { activeKey, encryptionType } = properties;
    await send('PUT', `${id}?api-version=2022-03-02`, {
      ...{ location, tags, identity: { type: identity?.type ?? 'SystemAssigned' } },
      properties: {
        activeKey: { ...activeKey, keyUrl: keyUrl ?? activeKey.keyUrl },
        ...{ encryptionType, rotationToLatestKeyVersionEnabled: false },
      },
    });
  }
  await client.updateKeyProperties(key, {
    enabled: true,
    keyOps: ['wrapKey', 'unwrapKey'],
    tags: { managed_by: 'terraform' },
  });
  await client.updateKeyRotationPolicy(key, {
    lifetimeActions: [{ action: 'Rotate', timeAfterCreate: ROTATES_AFTER }],
  });
  return `${key}: ${sets.map(({ name }) => name).join(', ')} pinned to ${keyUrl}, attributes and rotation policy applied.`;
}
