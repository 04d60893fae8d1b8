import type { VaultCheck } from '../check.ts';

export const deleteLock: VaultCheck = {
  id: 'delete-lock',
  on: 'vault',
  demand: 'A lock keeps a vault from being deleted. It protects no key: locks do not cover acts on keys.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources',
  check({ vault: { id, name, subscriptionId }, locks }) {
    if (locks.kind === 'unknown') return [locks];
    const protects = locks.value.some(
      ({ level, scope }) => level !== 'other' && (scope === id || id.startsWith(`${scope}/`)),
    );
    if (protects) return [];
    const commands = [
      `az lock create --name keep-vault --lock-type CanNotDelete --resource-type Microsoft.KeyVault/vaults --resource ${name} --resource-group ${id.split('/')[4]} --subscription ${subscriptionId}`,
    ];
    return [{ kind: 'finding', says: 'No lock keeps it from being deleted, with all of its keys.', commands }];
  },
};
