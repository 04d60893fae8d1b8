import { describe, expect, test } from 'vitest';
import type { KeyRecord } from '../../../../shared/domain/register.ts';
import { actorOf, doerOf } from '../../../../shared/guard/actors.ts';
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

describe('who is named for it', () => {
  const named = (acts: KeyRecord['acts'], previous?: Date) =>
    doerOf(['KeyUpdate'], { version: V1, since: ACTED, previous }, acts)?.oid;
  const anna = by('KeyUpdate', 'anna');
  const carlBefore = by('KeyUpdate', 'carl', inMs(-40_000));

  test.each<readonly [says: string, acts: KeyRecord['acts'], previous: Date | undefined, oid: string | undefined]>([
    ['is who did it', [anna], inMs(-60_000), 'anna'],
    ['is who did it, where nobody knows what was seen before', [anna, carlBefore], undefined, 'anna'],
    [
      'is nobody where another changed it as well since it was seen otherwise',
      [anna, carlBefore],
      inMs(-60_000),
      undefined,
    ],
    ['is who did it, where the other change was seen', [anna, carlBefore], inMs(-40_000), 'anna'],
    ['is who changed it several times', [anna, by('KeyUpdate', 'anna', inMs(-40_000))], inMs(-60_000), 'anna'],
    ['is who did it, whoever changed it later', [anna, by('KeyUpdate', 'carl', inMs(-20_000))], inMs(-60_000), 'anna'],
    ['is nobody before a record has told', [carlBefore], inMs(-60_000), undefined],
  ])('%s', (_says, acts, previous, oid) => {
    expect(named(acts, previous)).toBe(oid);
  });
});
