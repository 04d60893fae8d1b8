import { vaultBlind } from '../../../../shared/incidents/kinds/vault-blind.ts';
import { AT, describeKind } from './table.ts';

describeKind(vaultBlind, [
  [
    'says since when, why, and what goes unseen',
    vaultBlind.draft('prod-disks', AT, 'throttled'),
    {
      subject: { vault: 'prod-disks' },
      summary:
        'Vault prod-disks cannot be swept since 2026-03-01 12:00:00 UTC: throttled. Deletions and disablements there go unseen.',
    },
  ],
]);
