import { retiredVersionEnabled } from '../../../../../shared/guard/keys/rules/retired-version-enabled.ts';
import { ACTED, oneVersion, V1 } from '../../situations.ts';
import { testRule } from './table.ts';

testRule(retiredVersionEnabled, {
  accepts: [
    ['a retired version that stays disabled', oneVersion({ enabled: false }, { enabled: false })],
    ['an enabled version that is approved as enabled', oneVersion({})],
    ['a version disabled though approved as enabled: another rule finds it', oneVersion({ enabled: false })],
  ],
  rejects: [
    [
      'a retired version that is enabled: told, never disabled by the guardian and never adopted',
      oneVersion({}, { enabled: false }),
      { version: V1, since: ACTED, act: 'enable', stopsDisks: false, remedy: { kind: 'tell' } },
    ],
  ],
});
