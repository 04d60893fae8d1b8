import { describe, expect, test } from 'vitest';
import { findings } from '../../../../shared/guard/keys/findings.ts';
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
      'version-expiring',
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

  test('say when it came to be only where the rule knows: else two observations tell', () => {
    const passed = { expiresOn: inDays(-1) };
    expect(findings(oneVersion({ enabled: false, ...passed }, passed)).map(({ rule, since }) => [rule, since])).toEqual(
      [
        ['version-disabled', undefined],
        ['version-expiring', inDays(-1)],
      ],
    );
  });

  test('give a command that accepts the version as it is, unless the rule knows a better one', () => {
    const passed = { expiresOn: inDays(-1) };
    expect(findings(oneVersion({ enabled: false, ...passed }, passed)).map(({ commands }) => commands)).toEqual([
      [`key-guardian baseline accept prod-disks --as-shown disk-a/${V1}  # if it was meant`],
      ['az keyvault key rotate --vault-name prod-disks --name disk-a'],
    ]);
  });

  test('are none about the versions of a key that was deleted with approval: it is back, and that is all', () => {
    const deleted = { kind: 'deletion-approved', approval: 'a', deletedOn: inDays(-1) } as const;
    const back = oneVersion({ enabled: false });
    const record = { ...back.record, approved: { ...back.record.approved, standing: deleted } };
    expect(rules({ ...back, record })).toEqual(['version-not-approved']);
  });

  test('are none about the attributes of a version that is not approved', () => {
    const unapproved = situation({
      observed: present(shown({ enabled: false, notBefore: inDays(1) })),
      record: recordOf({ [V1]: known({ attributes: undefined }) }),
    });
    expect(rules(unapproved)).toEqual(['version-not-approved']);
  });

  test('are none about versions while the key is deleted', () => {
    const deleted = situation({
      observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined },
      record: recordOf({ [V1]: known({ attributes: approved({ enabled: false }) }) }),
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
