import type { Actor } from '../../domain/audit-record.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { settingChanges, settingsBack, type VaultSettings } from '../../domain/vault-settings.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

export const vaultChanged = incidentKind(
  {
    id: 'vault-changed',
    severity: 'warning',
    audience: 'operators',
    tells: 'The network rules, the permission model or the purge protection of a guarded vault have changed.',
    ...BY_A_PERSON,
  },
  (vault: string, before: VaultSettings, after: VaultSettings, by: Actor | undefined, at: Date) => {
    const back = settingsBack(before, after);
    return {
      subject: vaultSubject(vault),
      since: at,
      summary: `Settings of the vault ${vault} have changed: ${settingChanges(before, after).join('; ')}.`,
      who: by,
      mayFail: true,
      commands:
        back === ''
          ? []
          : [
              `az keyvault update --name ${vault} ${back}  # if nobody meant it: back to that; firewall rules and bypass stay as they are now`,
            ],
    };
  },
);
