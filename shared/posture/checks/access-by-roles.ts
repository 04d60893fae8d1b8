import type { VaultCheck } from '../check.ts';

export const accessByRoles: VaultCheck = {
  id: 'access-by-roles',
  on: 'vault',
  demand: 'A vault decides by Azure RBAC who may use its keys, and not by access policies.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/general/rbac-access-policy',
  check: ({ vault }) =>
    vault.rbac
      ? []
      : [
          {
            kind: 'finding',
            says: 'It uses access policies, so that every Contributor can give themselves all rights on its keys. Give its users roles before you change it.',
            commands: [`az keyvault update --name ${vault.name} --enable-rbac-authorization true`],
          },
        ],
};
