import { settingMisconfigured } from '../../../../shared/incidents/kinds/setting-misconfigured.ts';
import { AT, describeKind } from './table.ts';

describeKind(settingMisconfigured, [
  [
    'names each and says what is wrong with it',
    settingMisconfigured.draft(
      ['KEY_GUARDIAN_POLCY: there is no such setting', 'AuditLog_westeurope: it is not there'],
      AT,
    ),
    {
      subject: { vault: '-' },
      summary:
        'The app does without settings that cannot be used: KEY_GUARDIAN_POLCY: there is no such setting; AuditLog_westeurope: it is not there.',
    },
  ],
]);
