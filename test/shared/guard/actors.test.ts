import { describe, expect, test } from 'vitest';
import type { KeyRecord } from '../../../shared/domain/register.ts';
import { actorOf } from '../../../shared/guard/actors.ts';
import { ACTED, by, inMs, V1, V2 } from './situations.ts';

describe('who did it', () => {
  const finding = { version: V1, since: ACTED, act: 'disable' } as const;
  test.each<readonly [says: string, acts: KeyRecord['acts'], oid: string | undefined]>([
    ['is told by the record of an update at that second', [by('KeyUpdate', 'anna')], 'anna'],
    [
      'is told by a record within the same second, which the vault cuts off',
      [by('KeyUpdate', 'anna', inMs(-29_001))],
      'anna',
    ],
    ['is told by a record five seconds away', [by('KeyUpdate', 'anna', inMs(-25_000))], 'anna'],
    ['is not told by a record six seconds away', [by('KeyUpdate', 'anna', inMs(-24_000))], undefined],
    [
      'is told by the nearest of several records',
      [by('KeyUpdate', 'carl', inMs(-27_000)), by('KeyUpdate', 'anna', inMs(-29_000))],
      'anna',
    ],
    ['is not told by a record about another version', [by('KeyUpdate', 'anna', ACTED, V2)], undefined],
    ['is told by a record that names no version', [by('KeyUpdate', 'anna', ACTED, undefined)], 'anna'],
    ['is not told by a record of another operation', [by('KeyDelete', 'anna')], undefined],
  ])('%s', (_says, acts, oid) => {
    expect(actorOf(finding, acts)?.by.oid).toBe(oid);
  });

  test.each<readonly [says: string, previous: Date, oid: string | undefined]>([
    ['is not told by the record of the change before, which was seen', inMs(-33_000), undefined],
    ['is told by a record of the second after the change before', inMs(-34_000), 'anna'],
    ['is told by a record of its own second, although the change before was in it, too', ACTED, 'anna'],
  ])('%s', (_says, previous, oid) => {
    expect(actorOf({ ...finding, previous }, [by('KeyUpdate', 'anna', inMs(-32_600))])?.by.oid).toBe(oid);
  });

  test('of a deletion is told by the record of a deletion', () => {
    const of = { version: undefined, since: ACTED, act: 'delete' } as const;
    expect(actorOf(of, [by('KeyUpdate', 'carl'), by('KeyDelete', 'anna', ACTED, undefined)])?.by.oid).toBe('anna');
  });
});
