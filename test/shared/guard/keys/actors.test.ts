import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../../shared/domain/register.ts';
import { actorOf, certainEventsOf, eventsOf, namedByRule } from '../../../../shared/guard/keys/actors.ts';
import { ACTED, by, inMs, known, recordOf, V1, V2 } from './situations.ts';

const heard = (...events: readonly AuditEvent[]) => recordOf({ [V1]: known() }, { audit: { events: [...events] } });
const disabled = { version: V1, since: ACTED } as const;

describe('who did it', () => {
  const oidOf = (...events: readonly AuditEvent[]) =>
    eventsOf(['KeyUpdate'], disabled, heard(...events)).map((event) => event.by.oid);

  test.each<readonly [says: string, events: readonly AuditEvent[], oids: readonly string[]]>([
    ['is named by the record of an update at that second', [by('KeyUpdate', 'anna')], ['anna']],
    [
      'is named by a record within the same second, which the vault cuts off',
      [by('KeyUpdate', 'anna', inMs(-29_001))],
      ['anna'],
    ],
    ['is named by a record five seconds away', [by('KeyUpdate', 'anna', inMs(-25_000))], ['anna']],
    ['is not named by a record six seconds away', [by('KeyUpdate', 'anna', inMs(-24_000))], []],
    [
      'is named by the nearest of several records',
      [by('KeyUpdate', 'carl', inMs(-27_000)), by('KeyUpdate', 'anna', inMs(-29_000))],
      ['anna'],
    ],
    ['is not named by a record about another version', [by('KeyUpdate', 'anna', ACTED, V2)], []],
    [
      'is named by a record that names no version',
      [{ id: 'a', operation: 'KeyUpdate', at: ACTED, by: { oid: 'anna' } }],
      ['anna'],
    ],
    ['is not named by a record of another operation', [by('KeyDelete', 'anna')], []],
  ])('%s', (_says, events, oids) => {
    expect(oidOf(...events)).toEqual(oids);
  });

  test.each<readonly [says: string, otherwiseAt: Date, oids: readonly string[]]>([
    ['are all who changed it since it was last observed otherwise', inMs(-60_000), ['carl', 'anna']],
    ['are those since five seconds before, by clocks that may differ', inMs(-35_000), ['carl', 'anna']],
    ['are not those of six seconds before', inMs(-34_000), ['anna']],
  ])('%s, oldest first', (_says, otherwiseAt, oids) => {
    const events = [by('KeyUpdate', 'anna'), by('KeyUpdate', 'carl', inMs(-40_000))];
    expect(
      eventsOf(['KeyUpdate'], { ...disabled, otherwiseAt }, heard(...events)).map((event) => event.by.oid),
    ).toEqual(oids);
  });

  test('of a deletion is named by the record of a deletion', () => {
    const record = heard(by('KeyUpdate', 'carl'), {
      id: 'a',
      operation: 'KeyDelete',
      at: ACTED,
      by: { oid: 'anna' },
    });
    expect(eventsOf(['KeyDelete'], { since: ACTED }, record).map((event) => event.by.oid)).toEqual(['anna']);
  });

  test.each([
    [2, 1],
    [3, 0],
  ])('is certain of a record at most two seconds away: %i s', (seconds, count) => {
    const record = heard(by('KeyUpdate', 'anna', inMs(-30_000 + seconds * 1_000)));
    expect(certainEventsOf(['KeyUpdate'], disabled, record)).toHaveLength(count);
    expect(eventsOf(['KeyUpdate'], disabled, record)).toHaveLength(1);
  });
});

describe('who is named for it', () => {
  const named = (events: readonly AuditEvent[], otherwiseAt?: Date) =>
    actorOf(namedByRule('version-disabled', { ...disabled, otherwiseAt }, heard(...events)))?.oid;
  const anna = by('KeyUpdate', 'anna');
  const carlBefore = by('KeyUpdate', 'carl', inMs(-40_000));

  test.each<
    readonly [says: string, events: readonly AuditEvent[], otherwiseAt: Date | undefined, oid: string | undefined]
  >([
    ['is who did it', [anna], inMs(-60_000), 'anna'],
    ['is who did it, where nobody knows what was observed before', [anna, carlBefore], undefined, 'anna'],
    [
      'is nobody where another changed it as well since it was observed otherwise',
      [anna, carlBefore],
      inMs(-60_000),
      undefined,
    ],
    ['is who did it, where the other change was observed', [anna, carlBefore], inMs(-34_000), 'anna'],
    ['is who changed it several times', [anna, by('KeyUpdate', 'anna', inMs(-40_000))], inMs(-60_000), 'anna'],
    ['is who did it, whoever changed it later', [anna, by('KeyUpdate', 'carl', inMs(-20_000))], inMs(-60_000), 'anna'],
    ['is nobody before a record has come', [carlBefore], inMs(-60_000), undefined],
  ])('%s', (_says, events, otherwiseAt, oid) => {
    expect(named(events, otherwiseAt)).toBe(oid);
  });

  test('is nobody for what no rule finds', () => {
    expect(actorOf(namedByRule('key-flapping', disabled, heard(anna)))).toBeUndefined();
  });

  test('is who did what its rule says may have made it so', () => {
    expect(actorOf(namedByRule('key-recreated', disabled, heard(anna, by('KeyCreate', 'carl'))))?.oid).toBe('carl');
  });
});
