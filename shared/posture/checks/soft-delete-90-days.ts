import type { VaultCheck } from '../check.ts';

const MOST_DAYS = 90;

export const softDelete90Days: VaultCheck = {
  id: 'soft-delete-90-days',
  on: 'vault',
  demand: 'A vault keeps deleted keys for 90 days.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  check({ vault: { name, softDelete, retentionDays } }) {
    if (!softDelete)
      return [
        {
          kind: 'finding',
          severity: 'critical',
          says: 'Soft delete is off: a deleted key is gone at once.',
          commands: [
            `az resource update --resource-type Microsoft.KeyVault/vaults --name ${name} --set properties.enableSoftDelete=true`,
          ],
        },
      ];
    if (retentionDays === undefined) return [{ kind: 'unknown', because: 'the days of retention are not shown' }];
    // The days are set once, when the vault is made: there is no command for it.
    return retentionDays >= MOST_DAYS
      ? []
      : [
          {
            kind: 'finding',
            says: `It keeps deleted keys for ${retentionDays} days; only a new vault can keep them longer.`,
          },
        ];
  },
};
