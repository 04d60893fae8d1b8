import { afterEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import { GUARDIAN, vaultSubject } from '../../../shared/domain/subject.ts';
import { DAY_MS, later, MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { type LogRow, shipCursor } from '../../../shared/domain/workspace.ts';
import { WorkspaceUnreachable } from '../../../shared/errors.ts';
import { rowsOf } from '../../../shared/register/rows.ts';
import { chainStart, link, type Pending, toLine } from '../../../shared/trail/chain.ts';
import { COLUMNS } from '../../../shared/trail/columns.ts';
import { ROW_MORE_BYTES, rowFor, type ShipNeeds, ship } from '../../../shared/trail/ship.ts';
import { auditStream } from '../../../shared/trail/stream-name.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { stopAt } from '../../simulation/clock.ts';
import { sealedTrail } from './sealed-trail.ts';

const AT = new Date('2026-03-01T12:00:00.000Z');
const FIRST = new Date(0);
const ANSWER = { status: 400, code: 'InvalidRecord' };

function made(rollAfterBlocks = 40_000) {
  const streams = fakeStreams();
  let ids = 0;
  const newId = (): string => {
    ids += 1;
    return `i${ids}`;
  };
  const trail = createTrail({ streams, spool: fakeTable(), now: () => AT, newId, rollAfterBlocks });
  const sent: (readonly string[])[] = [];
  const bytes: number[] = [];
  const quarantined: string[] = [];
  let refuses = (_ids: readonly string[]): boolean => false;
  let failing = false;
  const needs: ShipNeeds = {
    streams,
    cursors: rowsOf('workspaces', fakeTable(), shipCursor),
    now: () => AT,
    refused: async (line) => void quarantined.push(JSON.parse(line).id),
    table: {
      async send(rows) {
        if (failing) throw new WorkspaceUnreachable('sending', undefined);
        const named = rows.map(({ RecordId }) => String(RecordId));
        if (refuses(named)) return { refused: new WorkspaceUnreachable('sending', undefined, ANSWER) };
        sent.push(named);
        bytes.push(Buffer.byteLength(JSON.stringify(rows)));
        return 'taken';
      },
    },
  };
  return {
    streams,
    trail,
    needs,
    sent,
    bytes,
    quarantined,
    refuse: (isOdd: (id: string) => boolean) => {
      refuses = (named) => named.some(isOdd);
    },
    fail: (is: boolean) => {
      failing = is;
    },
    append: (id: string, more: Partial<AuditEntry> = {}) =>
      trail.append([{ id, time: AT, what: 'failure', subject: GUARDIAN, detail: {}, ...more }]),
  };
}

afterEach(resetClock);

describe('shipping', () => {
  test('sends every record once, those of a stream in their order, also over the end of a blob', async () => {
    const { append, needs, sent } = made(3);
    const ids = Array.from({ length: 8 }, (_, at) => `r${at}`);
    for (const id of ids.slice(0, 5)) await append(id);
    const first = await ship(FIRST, needs);
    expect(sent.flat()).toEqual(ids.slice(0, 5));
    for (const id of ids.slice(5)) await append(id);
    await ship(first.until, needs);
    expect(sent.flat()).toEqual(ids);
    await ship(first.until, needs);
    expect(sent.flat()).toEqual(ids);
  });

  test('sends the records of all streams in one call', async () => {
    const { append, trail, needs, sent } = made();
    await append('own');
    await append('of a vault', { subject: vaultSubject('payments') });
    await trail.appendRegister([
      { id: 'register', time: AT, what: 'register', subject: vaultSubject('payments'), detail: {} },
    ]);
    await ship(FIRST, needs);
    expect(sent).toHaveLength(1);
    expect(sent.flat().toSorted()).toEqual(['of a vault', 'own', 'register']);
  });

  test('sends no more than fits into a call, and goes on in the next turn after twenty calls', async () => {
    const { append, needs, sent, bytes } = made();
    const ids = Array.from({ length: 330 }, (_, at) => `r${at}`);
    for (const id of ids) await append(id, { detail: { text: 'x'.repeat(59_000) } });
    const first = await ship(FIRST, needs);
    expect(first.isAll).toBe(false);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(1_000_000);
    const second = await ship(first.until, needs);
    expect(second.isAll).toBe(true);
    expect(sent.flat()).toEqual(ids);
  });

  test('counts no row shorter than it is', () => {
    const stream = auditStream(`a${'b'.repeat(22)}c`, AT);
    const entry: Pending = {
      ...{ id: 'r', time: AT, happenedAt: AT, deadline: AT, appendedAt: AT, policy: 'p' },
      ...{ subject: GUARDIAN, who: { oid: 'x' }, hints: { count: 1, ids: ['h'], senses: ['sweep'] } },
      what: 'decision',
      detail: {},
    };
    const line = toLine(link(entry, chainStart(stream)));
    const row = rowFor(stream, line);
    expect(Object.keys(row ?? {})).toHaveLength(2 + Object.keys(COLUMNS).length);
    expect(JSON.stringify(row).length).toBeLessThanOrEqual(line.length + ROW_MORE_BYTES);
  });

  test('goes on from where it was after a call that failed', async () => {
    const { append, needs, sent, fail } = made();
    await append('a');
    const { until } = await ship(FIRST, needs);
    await append('b');
    fail(true);
    await expect(ship(until, needs)).rejects.toThrow(WorkspaceUnreachable);
    await append('c');
    fail(false);
    await ship(until, needs);
    expect(sent.flat()).toEqual(['a', 'b', 'c']);
  });

  test('hands over the one record that the service never takes, and sends all others', async () => {
    const { append, needs, sent, quarantined, refuse } = made();
    const ids = Array.from({ length: 9 }, (_, at) => `r${at}`);
    for (const id of ids) await append(id);
    refuse((id) => id === 'r4');
    await ship(FIRST, needs);
    expect(quarantined).toEqual(['r4']);
    expect(sent.flat()).toEqual(ids.filter((id) => id !== 'r4'));
  });

  test('hands over a single record that is refused, since nothing shows that the others would be', async () => {
    const { append, needs, quarantined, refuse } = made();
    await append('a');
    refuse(() => true);
    await ship(FIRST, needs);
    expect(quarantined).toEqual(['a']);
  });

  test.each([2, 300])(
    'keeps all of %i records of which the service takes none, and sends them later',
    async (count) => {
      const { append, needs, sent, quarantined, refuse } = made();
      const ids = Array.from({ length: count }, (_, at) => `r${at}`);
      for (const id of ids) await append(id);
      refuse(() => true);
      await expect(ship(FIRST, needs)).rejects.toMatchObject({ name: 'WorkspaceUnreachable', ...ANSWER });
      refuse(() => false);
      await ship(FIRST, needs);
      expect({ quarantined, sent: sent.flat() }).toEqual({ quarantined: [], sent: ids });
    },
  );

  test('sends what follows bytes of somebody else that are no text', async () => {
    const { append, streams, needs, sent } = made();
    await append('a');
    const [blob = ''] = await streams.list('audit/');
    const odd = Buffer.from([...Array(300).fill(0xff), 0x0a]);
    const withOdd: ShipNeeds['streams'] = {
      ...streams,
      bytes: async (name, from, until) =>
        Buffer.concat([odd, (await streams.bytes(name, 0, Number.POSITIVE_INFINITY)) ?? odd]).subarray(from, until),
    };
    expect(blob).not.toBe('');
    const { until } = await ship(FIRST, { ...needs, streams: withOdd });
    for (const id of ['b', 'c', 'd']) await append(id);
    await ship(until, { ...needs, streams: withOdd });
    expect(sent.flat()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('passes over lines that are no record, and leaves an open line until it is ended', async () => {
    const { append, streams, needs, sent } = made();
    await append('a');
    const [blob = ''] = await streams.list('audit/');
    const sizeOf = async () => (await streams.state(blob))?.sizeBytes ?? 0;
    await streams.append(blob, 'no record\n{"id":"x"', await sizeOf());
    const { until } = await ship(FIRST, needs);
    expect(sent.flat()).toEqual(['a']);
    await append('b');
    await ship(until, needs);
    // Behind the open line the guardian records that it found foreign lines.
    expect(sent.flat().at(-1)).toBe('b');
    expect(sent.flat().filter((id) => id === 'a')).toHaveLength(1);
  });

  test('gives each row the record’s own time, its stream and its place in the chain', async () => {
    const { append, needs } = made();
    const rows: unknown[] = [];
    await append('a', { who: { oid: 'x' }, detail: { n: 1 } });
    await ship(FIRST, {
      ...needs,
      table: {
        async send(some) {
          rows.push(...some);
          return 'taken';
        },
      },
    });
    expect(rows).toEqual([
      {
        TimeGenerated: AT.toISOString(),
        Stream: 'audit/2026-03-01/_guardian',
        RecordId: 'a',
        RecordedAt: AT.toISOString(),
        What: 'failure',
        Subject: { kind: 'guardian' },
        Who: { oid: 'x' },
        Detail: { n: 1 },
        RecordVersion: 1,
        Sequence: 1,
        PreviousHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        RecordHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  test('sends what was appended while others were listed, though one of these is younger', async () => {
    stopAt();
    const { append, trail, streams, needs, sent } = made();
    await append('first', { time: new Date() });
    const listing: ShipNeeds['streams'] = {
      ...streams,
      async changes(prefix) {
        if (prefix !== 'register/') return streams.changes(prefix);
        turnClock(SECOND_MS);
        await append('late', { time: new Date(), subject: vaultSubject('payments') });
        turnClock(SECOND_MS);
        await trail.appendRegister([
          { id: 'register', time: AT, what: 'register', subject: vaultSubject('payments'), detail: {} },
        ]);
        return streams.changes(prefix);
      },
    };
    const now = (): Date => new Date();
    const { until } = await ship(FIRST, { ...needs, now, streams: listing });
    turnClock(MINUTE_MS);
    await ship(until, { ...needs, now });
    expect(sent.flat().toSorted()).toEqual(['first', 'late', 'register']);
  });

  test('sends after an outage of months what was appended meanwhile', async () => {
    stopAt('2031-01-15T12:00:00.000Z');
    const { append, needs, sent } = made();
    const since = new Date();
    await append('before', { time: new Date() });
    stopAt('2031-02-15T12:00:00.000Z');
    await append('meanwhile', { time: new Date() });
    stopAt('2031-05-15T12:00:00.000Z');
    await append('after', { time: new Date() });
    await ship(since, { ...needs, now: () => new Date() });
    expect(sent.flat()).toEqual(['before', 'meanwhile', 'after']);
  });

  test('keeps the cursors of streams of this month and the last, and removes those of earlier days', async () => {
    const { append, needs } = made();
    const LATER = new Date('2031-08-31T12:00:00.000Z');
    stopAt(LATER.toISOString());
    const cursorsOf = async () => (await needs.cursors.list('cursor')).stored.map(({ row: { row } }) => row);
    for (const day of ['2031-06-29', '2031-07-01', '2031-08-31'])
      await needs.cursors.put('cursor', `audit:${day}:payments`, { blob: 0, byte: 1 });
    for (const stream of ['register:payments', 'seals:guardian'])
      await needs.cursors.put('cursor', stream, { blob: 0, byte: 1 });
    await append('a', { time: LATER });
    const { until } = await ship(LATER, { ...needs, now: () => LATER });
    expect(await cursorsOf()).toContain('audit:2031-06-29:payments');
    await ship(later(until, -DAY_MS), { ...needs, now: () => LATER });
    expect(await cursorsOf()).toEqual([
      'audit:2031-07-01:payments',
      'audit:2031-08-31:_guardian',
      'audit:2031-08-31:payments',
      'register:payments',
      'seals:guardian',
    ]);
  });

  test('gives the row of a seal its root, and how many records it names', async () => {
    const { streams, trail, seal } = sealedTrail(newSigningKey());
    const { needs } = made();
    for (const id of ['a', 'b'])
      await trail.append([{ id, time: new Date(), what: 'failure', subject: GUARDIAN, detail: {} }]);
    const anchor = await seal();
    for (let vault = 0; vault < 700; vault += 1)
      await trail.append([
        { id: `v${vault}`, time: new Date(), what: 'failure', subject: vaultSubject(`v${vault}`), detail: {} },
      ]);
    const ofMany = await seal();
    const rows: LogRow[] = [];
    await ship(FIRST, {
      ...needs,
      streams,
      now: () => new Date(),
      table: {
        async send(some) {
          rows.push(...some);
          return 'taken';
        },
      },
    });
    const seals = rows.filter(({ What }) => What === 'seal');
    expect(seals.map(({ SealRoot, SealedRecords }) => [SealRoot, SealedRecords])).toEqual([
      [anchor.root, 2],
      [ofMany.root, 700],
    ]);
    // A field has 64 KB at most: what is longer is cut off.
    const sizes = seals.map(({ Detail }) => Buffer.byteLength(JSON.stringify(Detail)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64_000);
    expect(seals.map(({ Detail }) => Object.keys(Object(Detail)))).toEqual([
      expect.arrayContaining(['heads']),
      ['cutFromBytes', 'beginning'],
    ]);
  });
});
