import type { Actor } from '../../domain/audit-record.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

export const vaultChanged = incidentKind(
  {
    id: 'vault-changed',
    severity: 'warning',
    audience: 'operators',
    tells: 'The network rules, the permission model or the purge protection of a guarded vault have changed.',
    ...BY_A_PERSON,
  },
  (vault: string, changes: readonly string[], by: Actor | undefined, at: Date) => ({
    subject: vaultSubject(vault),
    since: at,
    summary: `Settings of the vault ${vault} have changed: ${changes.join('; ')}. If nobody meant it, set them back.`,
    who: by,
    commands: [
      `az keyvault show --name ${vault} --query "properties.{public:publicNetworkAccess,rules:networkAcls,roles:enableRbacAuthorization,purgeProtection:enablePurgeProtection}"`,
    ],
  }),
);
