import { versionExpired } from '../../../../../shared/guard/keys/rules/version-expired.ts';
import { inDays, inMs, oneVersion, V1 } from '../../situations.ts';
import { testRule } from './table.ts';

testRule(versionExpired, {
  accepts: [
    ['a version that never expires', oneVersion({})],
    ['an expiry a millisecond ahead', oneVersion({ expiresOn: inMs(1) }, { expiresOn: inMs(1) })],
    [
      'a retired version that expired',
      oneVersion({ enabled: false, expiresOn: inDays(-1) }, { enabled: false, expiresOn: inDays(-1) }),
    ],
    [
      'an expiry pulled into the past: another rule undoes it',
      oneVersion({ expiresOn: inDays(-2) }, { expiresOn: inDays(-1) }),
    ],
    ['an expiry in the past where none was approved: another rule undoes it', oneVersion({ expiresOn: inDays(-1) })],
  ],
  rejects: [
    [
      'the approved expiry at the very moment when it passes: told since then, never undone',
      oneVersion({ expiresOn: inDays(0) }, { expiresOn: inDays(0) }),
      { version: V1, since: inDays(0), act: undefined, stopsDisks: true, remedy: { kind: 'tell' } },
    ],
    [
      'the approved expiry, long passed',
      oneVersion({ expiresOn: inDays(-10) }, { expiresOn: inDays(-10) }),
      { since: inDays(-10), remedy: { kind: 'tell' } },
    ],
  ],
});
