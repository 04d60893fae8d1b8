import { describe, expect, test } from 'vitest';
import type { Hint, HintSays } from '../../../../shared/domain/hint.ts';
import {
  type ApprovedVersion,
  type AuditEvent,
  KEPT_EVENTS,
  type KeyRecord,
} from '../../../../shared/domain/register.ts';
import { keyOf, versionOf } from '../../../../shared/domain/subject.ts';
import {
  actIncidents,
  forgettingEvents,
  importsRevoked,
  isAuditEvent,
  isNewEvent,
  refusalsToJudge,
  withEvents,
} from '../../../../shared/guard/keys/audit-events.ts';
import { ACTED, approval, inDays, inMs, known, NOW, recordOf, V1, V2 } from './situations.ts';

const ID = { vault: 'prod-disks', key: 'disk-a' };
const MALLORY = { oid: 'mallory', name: 'mallory@contoso.example' };
const ONE = recordOf({ [V1]: known() });
/** The same with what the audit log said of it. */
const heard = (events: readonly AuditEvent[], version: Partial<ApprovedVersion> = {}): KeyRecord =>
  recordOf({ [V1]: known(version) }, { audit: { events: [...events] } });

const hint = (says: HintSays, id = 'h1'): Hint => ({ id, sense: 'audit-log', sensedAt: NOW, says });
const act = (operation: string, more: { readonly at?: Date; readonly version?: string } = {}, id = 'h1'): Hint =>
  hint({ kind: 'act', operation, by: MALLORY, at: ACTED, ...more }, id);
const refused = (operation: string, status: number, at = ACTED): Hint =>
  hint({ kind: 'refused', operation, status, by: MALLORY, at });
const kept = (operation: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: 'h1',
  operation,
  at: ACTED,
  by: MALLORY,
  ...more,
});

describe('the acts that the audit log names', () => {
  test('are kept by name', () => {
    expect(withEvents(ONE, [act('KeyUpdate', { version: V1 })]).audit.events).toEqual([
      kept('KeyUpdate', { version: V1 }),
    ]);
  });

  test('are kept once, however often they come', () => {
    const once = withEvents(ONE, [act('KeyUpdate')]);
    expect(withEvents(once, [act('KeyUpdate')])).toBe(once);
  });

  test('are all that an inspection is given: what is forgotten is forgotten once all were judged', () => {
    const many = Array.from({ length: 51 }, (_, place) => act('KeyUpdate', {}, `h${place}`));
    const { events } = withEvents(ONE, many).audit;
    expect([events.length, events[0]?.id, events.at(-1)?.id]).toEqual([51, 'h0', 'h50']);
  });

  const dayOld = kept('KeyUpdate', { id: 'old', at: inDays(-1) });
  const young = kept('KeyUpdate', { id: 'young', at: inMs(1 - 86_400_000) });
  const crowd = Array.from({ length: KEPT_EVENTS }, (_, place) =>
    kept('KeyUpdate', { id: `h${place}`, at: inMs(-place) }),
  );
  const ids = (events: readonly AuditEvent[]): readonly string[] => events.map(({ id }) => id);
  const imported = kept('KeyImport', { id: 'import', version: V2, at: inDays(-9) });
  test.each<readonly [says: string, events: readonly AuditEvent[], left: readonly AuditEvent[]]>([
    ['for less than a day', [dayOld, young], [young]],
    ['fifty of them, the last that came', [young, ...crowd], crowd],
    ['all, while they are few and young', [young], [young]],
    [
      'for as long as nobody has observed the version that they say was imported',
      [imported, ...crowd],
      [imported, ...crowd],
    ],
    ['no longer where that version is known', [{ ...imported, version: V1 }, ...crowd], crowd],
    ['no longer where they name no version', [kept('KeyImport', { id: 'import', at: inDays(-9) })], []],
  ])('are kept %s', (_says, events, left) => {
    expect(ids(forgettingEvents(heard(events), NOW).audit.events)).toEqual(ids(left));
  });

  test('leave the row as it is where none is forgotten', () => {
    const record = heard([young]);
    expect(forgettingEvents(record, NOW)).toBe(record);
  });

  test('say who purged the key', () => {
    expect(withEvents(ONE, [act('KeyPurge')]).audit.purged).toEqual({ at: ACTED, by: MALLORY });
    const purged = { at: inDays(-1), by: MALLORY };
    const before = recordOf({ [V1]: known() }, { audit: { purged } });
    expect(withEvents(before, [act('KeyUpdate')]).audit.purged).toEqual(purged);
  });

  const others: readonly Hint[] = [
    refused('KeyPurge', 403),
    hint({ kind: 'own-act', operation: 'KeyUpdate', by: MALLORY, at: ACTED }),
    hint({ kind: 'unknown-user', operation: 'KeyUnwrap', by: MALLORY, at: ACTED }),
  ];
  const reasons: readonly Hint[] = [
    hint({ kind: 'differs' }),
    hint({ kind: 'new-version' }),
    hint({ kind: 'inspect-again', why: 'not settled' }),
  ];

  test('are no refusals, no acts of our own and no other reason to inspect', () => {
    expect(withEvents(ONE, [...others, ...reasons])).toBe(ONE);
  });

  test('and refusals and acts of our own are audit events, and a reason to inspect is none', () => {
    expect([act('KeyUpdate'), ...others].every(isAuditEvent)).toBe(true);
    expect(reasons.some(isAuditEvent)).toBe(false);
  });

  test('are new until the register has them', () => {
    const record = withEvents(ONE, [act('KeyUpdate')]);
    expect([isNewEvent(act('KeyUpdate'), ONE), isNewEvent(act('KeyUpdate'), record)]).toEqual([true, false]);
    expect(isNewEvent(hint({ kind: 'differs' }, 'h2'), ONE)).toBe(false);
  });
});

describe('a version that was imported', () => {
  const imported = [kept('KeyImport', { version: V1 })];
  const made = (more: Partial<ApprovedVersion> = {}) => known({ created: ACTED, ...more });
  const importedAmong = (versions: KeyRecord['approved']['versions'], events = imported): KeyRecord =>
    recordOf(versions, { audit: { events } });

  test('is no longer approved: an import is no rotation', () => {
    expect(importsRevoked(importedAmong({ [V1]: made(), [V2]: made() }))).toEqual([
      { kind: 'revoke-version', version: V1, because: 'it was imported' },
    ]);
  });

  test.each<readonly [says: string, record: KeyRecord]>([
    ['when that is known already', importedAmong({ [V1]: made({ revoked: 'it was imported' }) })],
    ['when a person has accepted it', importedAmong({ [V1]: made({ accepted: true }) })],
    ['when the register does not know it', importedAmong({})],
    [
      'when the record is of another moment than the one in which it was made: it is false, or of another time',
      importedAmong({ [V1]: made({ created: inMs(-36_000) }), [V2]: made() }),
    ],
    [
      'when it was made here',
      importedAmong({ [V1]: made() }, [kept('KeyCreate', { version: V1 }), kept('KeyRotate', { version: V1 })]),
    ],
  ])('changes nothing %s', (_says, record) => {
    expect(importsRevoked(record)).toEqual([]);
  });
});

describe('an incident is made', () => {
  const incidents = (given: Hint, record = ONE, isUsable = true) =>
    actIncidents(ID, [given], record, [], isUsable).map(({ draft }) => draft);

  test.each<readonly [says: string, given: Hint, kind: string, reason: string | undefined, severity: string]>([
    ['by a backup: a copy can never be revoked', act('KeyBackup'), 'unexpected-use', 'backed-up', 'warning'],
    [
      'by use of somebody who is not known',
      hint({ kind: 'unknown-user', operation: 'KeyUnwrap', by: MALLORY, at: ACTED }),
      'unexpected-use',
      'unknown-user',
      'error',
    ],
    ['by an attempt to purge', refused('KeyPurge', 403), 'purge-attempted', undefined, 'critical'],
    [
      'by a refused unwrap of a usable key, by permission or firewall',
      refused('KeyUnwrap', 403),
      'access-refused',
      undefined,
      'error',
    ],
    [
      'by a refused unwrap of a usable key, without a valid token',
      refused('KeyUnwrap', 401),
      'access-refused',
      undefined,
      'error',
    ],
  ])('%s', (_says, given, kind, reason, severity) => {
    expect(incidents(given)).toMatchObject([
      { kind, severity, audience: 'on-call', subject: keyOf(ID), since: ACTED, who: MALLORY },
    ]);
    expect(incidents(given)[0]?.reason).toBe(reason);
  });

  test('by an attempt to purge while the key is deleted, too', () => {
    expect(incidents(refused('KeyPurge', 403), ONE, false)).toMatchObject([{ kind: 'purge-attempted' }]);
  });

  const undone = (sinceMs: number, atMs: number) =>
    recordOf({ [V1]: known() }, { inFlight: { undone: [{ version: V1, since: inMs(sinceMs), at: inMs(atMs) }] } });

  test.each<readonly [says: string, given: Hint, record: KeyRecord, isUsable: boolean]>([
    ['by other acts', act('KeyUpdate'), ONE, true],
    [
      'by the guardian’s own acts',
      hint({ kind: 'own-act', operation: 'KeyUpdate', by: MALLORY, at: ACTED }),
      ONE,
      true,
    ],
    ['by a new version', hint({ kind: 'new-version', version: V2 }), ONE, true],
    ['by a difference', hint({ kind: 'differs' }), ONE, true],
    [
      'by a refused unwrap while the key is unusable: its own incident says more',
      refused('KeyUnwrap', 403),
      ONE,
      false,
    ],
    ['by an unwrap that was throttled: nobody lost access', refused('KeyUnwrap', 429), ONE, true],
    ['by an unwrap of something that is no wrapped key', refused('KeyUnwrap', 400), ONE, true],
    [
      'by an unwrap refused half a second before the written second of the act that was undone',
      refused('KeyUnwrap', 403, inMs(-90_500)),
      undone(-90_000, -80_000),
      true,
    ],
    [
      'by an unwrap refused until a minute after it was undone',
      refused('KeyUnwrap', 403, inMs(-20_000)),
      undone(-90_000, -80_000),
      true,
    ],
  ])('not %s', (_says, given, record, isUsable) => {
    expect(incidents(given, record, isUsable)).toEqual([]);
  });

  test.each<readonly [says: string, at: Date]>([
    ['by an unwrap refused a moment before the act that was undone', inMs(-90_501)],
    ['by an unwrap refused more than a minute after it was undone', inMs(-19_999)],
  ])('%s', (_says, at) => {
    expect(incidents(refused('KeyUnwrap', 403, at), undone(-90_000, -80_000))).toMatchObject([
      { kind: 'access-refused' },
    ]);
  });

  test('once an hour for each who tries, however often', () => {
    const idAt = (at: string, oid = 'mallory') =>
      actIncidents(
        ID,
        [hint({ kind: 'refused', operation: 'KeyPurge', status: 403, by: { oid }, at: new Date(at) })],
        ONE,
        [],
        true,
      )[0]?.id;
    expect(idAt('2026-03-01T11:00:00Z')).toBe(idAt('2026-03-01T11:59:59Z'));
    expect(idAt('2026-03-01T11:59:59Z')).not.toBe(idAt('2026-03-01T12:00:00Z'));
    expect(idAt('2026-03-01T11:00:00Z')).not.toBe(idAt('2026-03-01T11:00:00Z', 'anna'));
  });
});

describe('refusals that are kept until the key can be read', () => {
  const unwrap = (id: string, at: Date, oid = 'disk', status = 403): Hint =>
    hint({ kind: 'refused', operation: 'KeyUnwrap', status, by: { oid }, at }, id);

  test.each<readonly [says: string, before: readonly Hint[], given: readonly Hint[], ids: readonly string[]]>([
    ['are one an hour', [unwrap('1', NOW)], [unwrap('2', inMs(1)), unwrap('3', inMs(3_600_000))], ['1', '3']],
    ['are one a caller', [unwrap('1', NOW)], [unwrap('2', NOW, 'other')], ['1', '2']],
    ['are those of lost access alone', [], [unwrap('1', NOW, 'disk', 429), act('KeyUpdate')], []],
    ['are no purge that was tried: that is alerted at once', [], [refused('KeyPurge', 403)], []],
    [
      'are fifty, the last',
      Array.from({ length: 51 }, (_, nth) => unwrap(`${nth}`, NOW, `disk-${nth}`)),
      [],
      Array.from({ length: 50 }, (_, nth) => `${nth + 1}`),
    ],
  ])('%s', (_says, before, given, ids) => {
    const record = recordOf({}, { audit: { refusals: [...before] } });
    expect(refusalsToJudge(given, record).map(({ id }) => id)).toEqual(ids);
  });
});

describe('an approved act by somebody it was not meant for', () => {
  const use = { approval: 'approval-1', act: 'disable', at: ACTED } as const;
  const consumedWith = (events: readonly AuditEvent[], otherwiseAt?: Date) =>
    heard(events, { consumed: [{ ...use, otherwiseAt }] });
  /** Where all that the record has came now. */
  const incidents = (record: KeyRecord, given: readonly ReturnType<typeof approval>[] = [approval()]) =>
    actIncidents(
      ID,
      record.audit.events.map(({ id, ...said }) => hint({ kind: 'act', ...said }, id)),
      record,
      given,
      true,
    ).map(({ draft }) => draft);
  const updated = (oid: string, more: Partial<AuditEvent> = {}) =>
    kept('KeyUpdate', { version: V1, by: { oid }, ...more });

  test.each<readonly [says: string, oid: string, given: ReturnType<typeof approval>]>([
    ['by another than the one who is named', 'mallory', approval({ by: 'anna' })],
    ['by the granter', 'granter', approval()],
  ])(
    'is an incident once the record names who did it, with its deadline and what takes it back: %s',
    (_says, oid, given) => {
      expect(incidents(consumedWith([updated(oid)]), [given])).toMatchObject([
        {
          kind: 'approved-act-by-other',
          severity: 'critical',
          audience: 'on-call',
          subject: versionOf(ID, V1),
          since: ACTED,
          deadline: inMs(-30_000 + 3_600_000),
          judgement:
            'not restored: two people approved it, but for somebody else to do; whoever is on call has to ask the person in the line "who", now',
          who: { oid },
          commands: [
            'key-guardian restore prod-disks/disk-a  # if nobody asked them to do it, or they do not answer in time',
          ],
        },
      ]);
    },
  );

  test('is an incident of a deletion as well', () => {
    const record = recordOf(
      { [V1]: known() },
      {
        approved: { standing: { kind: 'deletion-approved', approval: 'approval-1', deletedOn: ACTED } },
        audit: { events: [kept('KeyDelete', { by: { oid: 'granter' } })] },
      },
    );
    expect(incidents(record, [approval({ acts: ['delete'] })])).toMatchObject([
      { kind: 'approved-act-by-other', subject: keyOf(ID), deadline: inMs(-30_000 + 3_600_000) },
    ]);
  });

  test('has no deadline where a version was enabled: that takes nothing away', () => {
    const record = heard([updated('granter')], { consumed: [{ ...use, act: 'enable' }] });
    const [incident] = incidents(record, [approval({ acts: ['enable'] })]);
    expect(incident).toMatchObject({ kind: 'approved-act-by-other' });
    expect(incident?.deadline).toBeUndefined();
  });

  test('is one incident, however often its record comes', () => {
    const record = consumedWith([updated('granter')]);
    const idOf = () => actIncidents(ID, [act('KeyUpdate')], record, [approval()], true).map(({ id }) => id);
    expect(idOf()).toHaveLength(1);
    expect(idOf()).toEqual(idOf());
  });

  const forAnna = approval({ by: 'anna' });
  test.each<readonly [says: string, record: KeyRecord, given: readonly ReturnType<typeof approval>[]]>([
    ['before its record has come', consumedWith([]), [forAnna]],
    ['when it was the one who is named', consumedWith([updated('anna')]), [forAnna]],
    ['when anyone might and it was not the granter', consumedWith([updated('carl')]), [approval()]],
    ['when the record has no object id: it is no mismatch', consumedWith([updated('unknown')]), [forAnna]],
    ['when the record is about another version', consumedWith([updated('granter', { version: V2 })]), [approval()]],
    [
      'when the record is three seconds away: it may be about another act',
      consumedWith([updated('granter', { at: inMs(-27_000) })]),
      [approval()],
    ],
    [
      'when the record is about another operation',
      consumedWith([updated('granter', { operation: 'KeyDelete' })]),
      [approval()],
    ],
    [
      'when another approval is for who did it',
      consumedWith([updated('carl')]),
      [forAnna, approval({ id: 'approval-2', by: 'carl' })],
    ],
    [
      'when the one who is named changed it as well since it was last observed otherwise',
      consumedWith([updated('carl', { id: 'later' }), updated('anna', { at: inMs(-50_000) })], inMs(-60_000)),
      [forAnna],
    ],
    ['when its approval is not among those that are known', consumedWith([updated('granter')]), []],
  ])('is no incident %s', (_says, record, given) => {
    expect(incidents(record, given)).toEqual([]);
  });

  test('is an incident where the record is two seconds away', () => {
    expect(incidents(consumedWith([updated('granter', { at: inMs(-28_000) })]))).toHaveLength(1);
  });

  test('is an incident where the one who is named changed it before it was last observed otherwise', () => {
    const events = [updated('carl', { id: 'later' }), updated('anna', { at: inMs(-70_000) })];
    expect(incidents(consumedWith(events, inMs(-60_000)), [forAnna])).toMatchObject([{ who: { oid: 'carl' } }]);
  });

  test('is no incident by a record that came before', () => {
    expect(actIncidents(ID, [], consumedWith([updated('granter')]), [approval()], true)).toEqual([]);
  });
});
