import { describe, expect, test } from 'vitest';
import type { Hint, HintSays } from '../../../../shared/domain/hint.ts';
import type { KeyRecord, VersionRecord } from '../../../../shared/domain/register.ts';
import { distrusts, heardIncidents, lettingActsGo, unjudged, withActs } from '../../../../shared/guard/heard.ts';
import { ACTED, approval, inDays, inMs, known, NOW, recordOf, V1, V2 } from './situations.ts';

const ID = { vault: 'prod-disks', key: 'disk-a' };
const MALLORY = { oid: 'mallory', name: 'mallory@contoso.example' };
const ACT = recordOf({ [V1]: known() });

const hint = (says: HintSays, id = 'h1'): Hint => ({ id, sense: 'audit-log', heardAt: NOW, says });
const act = (operation: string, more: { readonly at?: Date; readonly version?: string } = {}, id = 'h1'): Hint =>
  hint({ kind: 'act', operation, by: MALLORY, at: ACTED, ...more }, id);
const refused = (operation: string, status: number, at = ACTED): Hint =>
  hint({ kind: 'refused', operation, status, by: MALLORY, at });
const kept = (operation: string, more: Partial<KeyRecord['acts'][number]> = {}): KeyRecord['acts'][number] => ({
  id: 'h1',
  operation,
  at: ACTED,
  by: MALLORY,
  ...more,
});

describe('the acts that the audit log told of', () => {
  test('are kept by name', () => {
    expect(withActs(ACT, [act('KeyUpdate', { version: V1 })]).acts).toEqual([kept('KeyUpdate', { version: V1 })]);
  });

  test('are kept once, however often they are heard', () => {
    const once = withActs(ACT, [act('KeyUpdate')]);
    expect(withActs(once, [act('KeyUpdate')])).toBe(once);
  });

  test('are all that a look hears: what is let go is let go once all were judged', () => {
    const many = Array.from({ length: 51 }, (_, place) => act('KeyUpdate', {}, `h${place}`));
    const { acts } = withActs(ACT, many);
    expect([acts.length, acts[0]?.id, acts.at(-1)?.id]).toEqual([51, 'h0', 'h50']);
  });

  const dayOld = kept('KeyUpdate', { id: 'old', at: inDays(-1) });
  const young = kept('KeyUpdate', { id: 'young', at: inMs(1 - 86_400_000) });
  const crowd = Array.from({ length: 50 }, (_, place) => kept('KeyUpdate', { id: `h${place}`, at: inMs(-place) }));
  test.each<readonly [says: string, acts: KeyRecord['acts'], more: Partial<KeyRecord>, expected: readonly unknown[]]>([
    ['for less than a day', [dayOld, young], {}, [['young'], inDays(-1)]],
    ['fifty of them, the last that were heard', [young, ...crowd], {}, [crowd.map(({ id }) => id), young.at]],
    ['all, while they are few and young', [young], {}, [['young'], undefined]],
    ['with the time of the newest that was let go', [dayOld], { actsCutUntil: NOW }, [[], NOW]],
    [
      'for as long as nobody has seen the version that they tell was imported',
      [kept('KeyImport', { id: 'import', version: V2, at: inDays(-9) }), ...crowd],
      {},
      [['import', ...crowd.map(({ id }) => id)], undefined],
    ],
    ['with the time of those let go before', [young], { actsCutUntil: NOW }, [['young'], NOW]],
  ])('are kept %s', (_says, acts, more, expected) => {
    const left = lettingActsGo(recordOf({}, { acts, ...more }), NOW);
    expect([left.acts.map(({ id }) => id), left.actsCutUntil]).toEqual(expected);
  });

  test('say who purged the key', () => {
    expect(withActs(ACT, [act('KeyPurge')]).purged).toEqual({ at: ACTED, by: MALLORY });
  });

  test('are no refusals, no acts of our own and nothing else that was heard', () => {
    const others: readonly Hint[] = [
      refused('KeyPurge', 403),
      hint({ kind: 'own-act', operation: 'KeyUpdate', by: MALLORY, at: ACTED }),
      hint({ kind: 'unknown-user', operation: 'KeyUnwrap', by: MALLORY, at: ACTED }),
      hint({ kind: 'differs' }),
    ];
    expect(withActs(ACT, others)).toBe(ACT);
  });
});

describe('a version that was imported', () => {
  const imported = [kept('KeyImport', { version: V1 })];
  const made = (more: Partial<VersionRecord> = {}) => known({ created: ACTED, ...more });

  test('is no longer approved: an import is no rotation', () => {
    expect(distrusts(recordOf({ [V1]: made(), [V2]: made() }, { acts: imported }))).toEqual([
      { kind: 'distrust-version', version: V1, because: 'it was imported' },
    ]);
  });

  test.each<readonly [says: string, record: KeyRecord]>([
    ['when that is known already', recordOf({ [V1]: made({ distrusted: 'it was imported' }) }, { acts: imported })],
    ['when a person has accepted it', recordOf({ [V1]: made({ accepted: true }) }, { acts: imported })],
    ['when the register does not know it', recordOf({}, { acts: imported })],
    [
      'when the record is of another moment than the one in which it was made: it is false, or of another time',
      recordOf({ [V1]: made({ created: inMs(-36_000) }), [V2]: made() }, { acts: imported }),
    ],
    [
      'when it was made here',
      recordOf({ [V1]: made() }, { acts: [kept('KeyCreate', { version: V1 }), kept('KeyRotate', { version: V1 })] }),
    ],
  ])('changes nothing %s', (_says, record) => {
    expect(distrusts(record)).toEqual([]);
  });
});

describe('an incident is made', () => {
  const incidents = (heard: Hint, record = ACT, usable = true) =>
    heardIncidents(ID, [heard], record, [], usable).map(({ draft }) => draft);

  test.each<readonly [says: string, heard: Hint, kind: string, severity: string]>([
    ['by a backup: a copy can never be revoked', act('KeyBackup'), 'key-backed-up', 'warning'],
    [
      'by use of somebody who is not known',
      hint({ kind: 'unknown-user', operation: 'KeyUnwrap', by: MALLORY, at: ACTED }),
      'use-by-unknown-user',
      'error',
    ],
    ['by an attempt to purge', refused('KeyPurge', 403), 'purge-attempted', 'critical'],
    [
      'by a refused unwrap of a usable key, by permission or firewall',
      refused('KeyUnwrap', 403),
      'access-refused',
      'error',
    ],
    [
      'by a refused unwrap of a usable key, without a valid token',
      refused('KeyUnwrap', 401),
      'access-refused',
      'error',
    ],
  ])('%s', (_says, heard, kind, severity) => {
    expect(incidents(heard)).toMatchObject([
      { kind, severity, subject: ID, since: ACTED, who: MALLORY, judgement: 'left to people' },
    ]);
  });

  test('by an attempt to purge while the key is deleted, too', () => {
    expect(incidents(refused('KeyPurge', 403), ACT, false)).toMatchObject([{ kind: 'purge-attempted' }]);
  });

  const undone = (sinceMs: number, atMs: number) =>
    recordOf({ [V1]: known() }, { undone: [{ version: V1, since: inMs(sinceMs), at: inMs(atMs) }] });

  test.each<readonly [says: string, heard: Hint, record: KeyRecord, usable: boolean]>([
    ['by other acts', act('KeyUpdate'), ACT, true],
    [
      'by the guardian’s own acts',
      hint({ kind: 'own-act', operation: 'KeyUpdate', by: MALLORY, at: ACTED }),
      ACT,
      true,
    ],
    ['by a new version', hint({ kind: 'new-version', version: V2 }), ACT, true],
    ['by a difference', hint({ kind: 'differs' }), ACT, true],
    [
      'by a refused unwrap while the key is unusable: its own incident says more',
      refused('KeyUnwrap', 403),
      ACT,
      false,
    ],
    ['by an unwrap that was throttled: nobody lost access', refused('KeyUnwrap', 429), ACT, true],
    ['by an unwrap of something that is no wrapped key', refused('KeyUnwrap', 400), ACT, true],
    [
      'by an unwrap refused in the very moment of the act that was undone',
      refused('KeyUnwrap', 403, inMs(-90_000)),
      undone(-90_000, -80_000),
      true,
    ],
    [
      'by an unwrap refused until a minute after it was undone',
      refused('KeyUnwrap', 403, inMs(-20_000)),
      undone(-90_000, -80_000),
      true,
    ],
  ])('not %s', (_says, heard, record, usable) => {
    expect(incidents(heard, record, usable)).toEqual([]);
  });

  test.each<readonly [says: string, at: Date]>([
    ['by an unwrap refused a moment before the act that was undone', inMs(-90_001)],
    ['by an unwrap refused more than a minute after it was undone', inMs(-19_999)],
  ])('%s', (_says, at) => {
    expect(incidents(refused('KeyUnwrap', 403, at), undone(-90_000, -80_000))).toMatchObject([
      { kind: 'access-refused' },
    ]);
  });

  test('once an hour for each who tries, however often', () => {
    const idAt = (at: string, oid = 'mallory') =>
      heardIncidents(
        ID,
        [hint({ kind: 'refused', operation: 'KeyPurge', status: 403, by: { oid }, at: new Date(at) })],
        ACT,
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

  test.each<readonly [says: string, before: readonly Hint[], heard: readonly Hint[], ids: readonly string[]]>([
    ['are one an hour', [unwrap('1', NOW)], [unwrap('2', inMs(1)), unwrap('3', inMs(3_600_000))], ['1', '3']],
    ['are one a caller', [unwrap('1', NOW)], [unwrap('2', NOW, 'other')], ['1', '2']],
    ['are those of lost access alone', [], [unwrap('1', NOW, 'disk', 429), act('KeyUpdate')], []],
    ['are no purge that was tried: that is told at once', [], [refused('KeyPurge', 403)], []],
    [
      'are fifty, the last',
      Array.from({ length: 51 }, (_, nth) => unwrap(`${nth}`, NOW, `disk-${nth}`)),
      [],
      Array.from({ length: 50 }, (_, nth) => `${nth + 1}`),
    ],
  ])('%s', (_says, before, heard, ids) => {
    expect(unjudged(heard, recordOf({}, { unjudged: [...before] })).map(({ id }) => id)).toEqual(ids);
  });
});

describe('an approved act by somebody it was not meant for', () => {
  const spentOn = (acts: KeyRecord['acts'], after?: Date) =>
    recordOf({ [V1]: known({ spent: [{ approval: 'approval-1', act: 'disable', at: ACTED, after }] }) }, { acts });
  /** Where all that the record has was heard now. */
  const incidents = (record: KeyRecord, given: readonly ReturnType<typeof approval>[] = [approval()]) =>
    heardIncidents(
      ID,
      record.acts.map(({ id, ...said }) => hint({ kind: 'act', ...said }, id)),
      record,
      given,
      true,
    ).map(({ draft }) => draft);
  const updated = (oid: string, more: Partial<KeyRecord['acts'][number]> = {}) =>
    kept('KeyUpdate', { version: V1, by: { oid }, ...more });

  test.each<readonly [says: string, oid: string, given: ReturnType<typeof approval>]>([
    ['by another than the one who is named', 'mallory', approval({ by: 'anna' })],
    ['by the granter himself', 'granter', approval()],
  ])('is told once the record names who did it: %s', (_says, oid, given) => {
    expect(incidents(spentOn([updated(oid)]), [given])).toMatchObject([
      {
        kind: 'approved-act-by-other',
        severity: 'critical',
        subject: { ...ID, version: V1 },
        since: ACTED,
        judgement: 'left to people',
        who: { oid },
        command: `key-guardian restore prod-disks/disk-a/${V1} --also-approved`,
      },
    ]);
  });

  test('is told of a deletion as well', () => {
    const record = recordOf(
      { [V1]: known() },
      {
        approvedDeletion: { approval: 'approval-1', deletedOn: ACTED },
        acts: [kept('KeyDelete', { by: { oid: 'granter' } })],
      },
    );
    expect(incidents(record, [approval({ acts: ['delete'] })])).toMatchObject([
      { kind: 'approved-act-by-other', subject: ID },
    ]);
  });

  const forAnna = approval({ by: 'anna' });
  test.each<readonly [says: string, record: KeyRecord, given: readonly ReturnType<typeof approval>[]]>([
    ['before a record has told', spentOn([]), [forAnna]],
    ['when it was the one who is named', spentOn([updated('anna')]), [forAnna]],
    ['when anyone might and it was not the granter', spentOn([updated('carl')]), [approval()]],
    ['when the record is about another version', spentOn([updated('granter', { version: V2 })]), [approval()]],
    ['when the record is about another time', spentOn([updated('granter', { at: inMs(0) })]), [approval()]],
    [
      'when the record is about another operation',
      spentOn([updated('granter', { operation: 'KeyDelete' })]),
      [approval()],
    ],
    [
      'when another approval is for who did it',
      spentOn([updated('carl')]),
      [forAnna, approval({ id: 'approval-2', by: 'carl' })],
    ],
    [
      'when the one who is named changed it as well since it was last seen otherwise',
      spentOn([updated('carl', { id: 'later' }), updated('anna', { at: inMs(-50_000) })], inMs(-60_000)),
      [forAnna],
    ],
  ])('is not told %s', (_says, record, given) => {
    expect(incidents(record, given)).toEqual([]);
  });

  test('is told where the one who is named changed it before it was last seen otherwise', () => {
    const acts = [updated('carl', { id: 'later' }), updated('anna', { at: inMs(-70_000) })];
    expect(incidents(spentOn(acts, inMs(-60_000)), [forAnna])).toMatchObject([{ who: { oid: 'carl' } }]);
  });

  test('is not told by a record that was heard before', () => {
    const record = spentOn([updated('granter')]);
    expect(heardIncidents(ID, [], record, [approval()], true)).toEqual([]);
  });
});
