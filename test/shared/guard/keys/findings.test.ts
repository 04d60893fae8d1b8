import { describe, expect, test } from 'vitest';
import { findings } from '../../../../shared/guard/findings.ts';
import {
  ACTED,
  approved,
  inDays,
  known,
  NOW,
  oneVersion,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from './situations.ts';

const rules = (of: Parameters<typeof findings>[0]): readonly string[] => findings(of).map(({ rule }) => rule);

describe('findings', () => {
  test('are none where everything is as approved', () => {
    expect(findings(situation())).toEqual([]);
  });

  test('name the rule that found them and how bad it is', () => {
    expect(findings(oneVersion({ enabled: false }))).toMatchObject([
      { rule: 'version-disabled', severity: 'critical' },
    ]);
  });

  test('are those of every rule, in the order of the registry', () => {
    expect(rules(oneVersion({ enabled: false, notBefore: inDays(1), expiresOn: inDays(1) }))).toEqual([
      'version-disabled',
      'version-expiry-nearer',
      'version-not-before-later',
    ]);
  });

  test('are those of every version', () => {
    const two = situation({
      observed: present(shown({ version: V2, enabled: false }), shown({ enabled: false })),
      record: recordOf({ [V1]: known(), [V2]: known() }),
    });
    expect(findings(two).map(({ version }) => version)).toEqual([V2, V1]);
  });

  test('date from the version’s `updated`, unless the rule knows better', () => {
    const passed = { expiresOn: inDays(-1) };
    expect(findings(oneVersion({ enabled: false, ...passed }, passed)).map(({ rule, since }) => [rule, since])).toEqual(
      [
        ['version-disabled', ACTED],
        ['version-expired', inDays(-1)],
      ],
    );
  });

  test('are none about the attributes of a version that is not approved', () => {
    const unapproved = situation({
      observed: present(shown({ enabled: false, notBefore: inDays(1) })),
      record: recordOf({ [V1]: known({ approved: undefined }) }),
    });
    expect(rules(unapproved)).toEqual(['version-born-weak']);
  });

  test('are none about versions while the key is deleted', () => {
    const deleted = situation({
      observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined },
      record: recordOf({ [V1]: known({ approved: approved({ enabled: false }) }) }),
    });
    expect(rules(deleted)).toEqual(['key-deleted']);
  });

  test('are none of a key that nobody has approved anything of', () => {
    const { record } = situation({ record: recordOf({}) });
    expect(findings(situation({ record }))).toEqual([]);
    expect(findings(situation({ record, observed: { kind: 'absent' } }))).toEqual([]);
    expect(
      findings(
        situation({
          record,
          observed: { kind: 'deleted', managed: false, deletedOn: NOW, scheduledPurgeOn: undefined },
        }),
      ),
    ).toEqual([]);
  });
});
