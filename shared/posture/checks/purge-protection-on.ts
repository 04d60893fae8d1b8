import type { VaultCheck } from '../check.ts';

export const purgeProtectionOn: VaultCheck = {
  id: 'purge-protection-on',
  on: 'vault',
  demand: 'A vault with keys for disks has purge protection on.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview#purge-protection',
  check: ({ vault }) =>
    vault.purgeProtection
      ? []
      : [
          {
            kind: 'finding',
            says: 'Purge protection is off: a deleted key can be destroyed at once, and nobody can bring it back.',
            commands: [`az keyvault update --name ${vault.name} --enable-purge-protection true`],
          },
        ],
};
