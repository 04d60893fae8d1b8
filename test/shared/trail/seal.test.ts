import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { auditEntry } from '../../../shared/domain/audit-record.ts';
import { sealDetail } from '../../../shared/domain/seal.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import type { Streams } from '../../../shared/storage.ts';
import { canonical, chainStart, checkChain, link, toLine } from '../../../shared/trail/chain.ts';
import { readLines, readRecords } from '../../../shared/trail/read.ts';
import { isSigned, readSeal, seal, thumbprint } from '../../../shared/trail/seal.ts';
import { SEALS } from '../../../shared/trail/stream-name.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { stopAt } from '../../simulation/clock.ts';
import { entry, forged, of } from './entries.ts';
import { sealedTrail } from './sealed-trail.ts';

beforeEach(() => stopAt('2031-03-02T09:00:00.000Z'));
afterEach(resetClock);

const key = newSigningKey();
type Made = ReturnType<typeof sealedTrail>;

/** Appends a record of now to the stream of a vault. */
const record = ({ trail, newId }: Made, vault = 'payments') =>
  trail.append([entry(newId(), { time: new Date(), ...of(vault) })]);
/** The names and counts of records in the last seal. */
async function named({ streams }: Made): Promise<readonly string[]> {
  const last = (await readRecords(streams, SEALS)).at(-1);
  return sealDetail.parse(last?.detail).heads.map(({ stream, records }) => `${stream} ${records}`);
}

describe('a seal', () => {
  test('names the head of each stream, and is signed with the key that it carries', async () => {
    const made = sealedTrail(key);
    await record(made);
    await record(made, 'ledger');
    const anchor = await made.seal();
    const [line = ''] = await readLines(made.streams, SEALS);
    const [head] = await readRecords(made.streams, SEALS);
    const read = head && readSeal(head, line);
    const payments = (await readRecords(made.streams, 'audit/2031-03-02/payments')).at(-1);
    expect(read).toMatchObject({ root: anchor.root, key: key.publicJwk });
    expect(read?.heads).toContainEqual({ stream: 'audit/2031-03-02/payments', records: 1, hash: payments?.hash });
    expect(read !== undefined && isSigned(read)).toBe(true);
    expect(read !== undefined && isSigned({ ...read, signedText: `${read.signedText} ` })).toBe(false);
    expect(anchor).toEqual({
      root: anchor.root,
      seal: 1,
      sealedAt: new Date('2031-03-02T09:00:00.000Z'),
      streams: 2,
      records: 2,
      key: thumbprint(key.publicJwk),
    });
  });

  test('names only what changed since the seal before, and nothing where nothing did', async () => {
    const made = sealedTrail(key);
    await record(made);
    await record(made, 'ledger');
    await made.seal();
    turnClock(2 * MINUTE_MS);
    await record(made, 'ledger');
    await made.seal();
    expect(await named(made)).toEqual(['audit/2031-03-02/ledger 2']);
    turnClock(HOUR_MS);
    await made.seal();
    expect(await named(made)).toEqual([]);
    expect(await readRecords(made.streams, SEALS)).toHaveLength(3);
  });

  test('names what was appended while others were listed for the seal before, though one of these is younger', async () => {
    const { streams, trail, newId } = sealedTrail(key);
    const recordOf = (vault: string) => trail.append([entry(newId(), { time: new Date(), ...of(vault) })]);
    const listing: Streams = {
      ...streams,
      async changes(prefix) {
        const listed = await streams.changes(prefix);
        if (prefix !== 'register/') return listed;
        turnClock(SECOND_MS);
        await recordOf('late');
        turnClock(SECOND_MS);
        await trail.appendRegister([entry(newId())]);
        return streams.changes(prefix);
      },
    };
    const needs = { signingKey: async () => key, now: () => new Date(), newId, rollAfterBlocks: 9 };
    await seal('changed', { ...needs, streams: listing });
    turnClock(HOUR_MS);
    await seal('changed', { ...needs, streams });
    const seals = await readRecords(streams, SEALS);
    const heads = seals.flatMap(({ detail }) => sealDetail.parse(detail).heads.map(({ stream }) => stream));
    expect(heads).toEqual(['register/payments', 'audit/2031-03-02/late']);
  });

  test('names what was appended late to a day of the month before', async () => {
    const made = sealedTrail(key);
    await made.seal();
    await made.trail.append([entry(made.newId(), { time: new Date('2031-02-01T09:00:00Z') })]);
    await made.seal();
    expect(await named(made)).toEqual(['audit/2031-02-01/payments 1']);
  });

  test('names the streams of today, of yesterday and of the register where it is asked for the current ones', async () => {
    const made = sealedTrail(key);
    for (const days of [-3, -1, 0])
      await made.trail.append([entry(made.newId(), { time: later(new Date(), days * DAY_MS) })]);
    await made.trail.appendRegister([entry(made.newId())]);
    await made.seal();
    turnClock(HOUR_MS);
    await record(made);
    await made.seal('also-current');
    expect(await named(made)).toEqual([
      'audit/2031-03-01/payments 1',
      'audit/2031-03-02/payments 2',
      'register/payments 1',
    ]);
  });

  test('stands in a chain that holds where several are made at once', async () => {
    const made = sealedTrail(key);
    await record(made);
    const anchors = await Promise.all(Array.from({ length: 5 }, () => made.seal()));
    expect(checkChain(await readLines(made.streams, SEALS), chainStart(SEALS))).toMatchObject({
      kind: 'holds',
      head: { sequence: 5 },
    });
    expect(anchors.map(({ seal: number }) => number).toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(anchors.map(({ root }) => root)).size).toBe(5);
  });

  test('of somebody else keeps no later change from being sealed', async () => {
    const made = sealedTrail(key);
    await record(made);
    await made.seal();
    const stranger = newSigningKey();
    const [last] = await readRecords(made.streams, SEALS);
    if (last === undefined) throw new Error('There is no seal.');
    const far = { ...last.detail, changedAt: '2099-01-01T00:00:00.000Z', key: { ...stranger.publicJwk } };
    const forged = toLine(link({ ...auditEntry.parse(last), detail: far }, last));
    const { sizeBytes = 0 } = (await made.streams.state(`${SEALS}.0.jsonl`)) ?? {};
    await made.streams.append(`${SEALS}.0.jsonl`, `${forged}\n`, sizeBytes);
    turnClock(MINUTE_MS);
    await record(made);
    await made.seal();
    expect(await named(made)).toEqual(['audit/2031-03-02/payments 2']);
  });

  test('that another version made, which signed more than this one knows, is believed', async () => {
    const made = sealedTrail(key);
    await record(made);
    await made.seal();
    const [line = ''] = await readLines(made.streams, SEALS);
    const { hash: previousHash, detail, ...said } = JSON.parse(line);
    const { signature: _, ...unsigned } = { ...detail, region: 'westeurope' };
    const members = { ...said, v: 2, sequence: 2, previousHash, site: 'a' };
    const signature = await key.sign(canonical({ ...members, detail: unsigned }));
    const later = forged(canonical({ ...members, detail: JSON.parse(canonical({ ...unsigned, signature })) }), {});
    const { sizeBytes = 0 } = (await made.streams.state(`${SEALS}.0.jsonl`)) ?? {};
    await made.streams.append(`${SEALS}.0.jsonl`, `${later}\n`, sizeBytes);
    turnClock(HOUR_MS);
    const { seal: number } = await made.seal();
    expect({ number, named: await named(made) }).toEqual({ number: 3, named: [] });
  });

  test('names at most 5,000 streams, those first that changed first, and the next seal names the others', async () => {
    const streams = fakeStreams();
    const line = (stream: string): string => `${toLine(link(entry('a'), chainStart(stream)))}\n`;
    const make = async (stream: string): Promise<void> => {
      await streams.create(`${stream}.0.jsonl`);
      await streams.append(`${stream}.0.jsonl`, line(stream), 0);
    };
    for (let vault = 0; vault < 5_000; vault += 1) await make(`register/v${vault}`);
    turnClock(MINUTE_MS);
    await make('register/later');
    const needs = { streams, signingKey: async () => key, now: () => new Date(), newId: () => 'x', rollAfterBlocks: 9 };
    expect(await seal('changed', needs)).toMatchObject({ isAll: false, anchor: { streams: 5_000 } });
    expect(await seal('changed', needs)).toMatchObject({ isAll: true, anchor: { streams: 1 } });
  });
});

test('a trail without a signing key is not sealed', () => {
  const trail = createTrail({ streams: fakeStreams(), spool: fakeTable(), now: () => new Date(), newId: () => 'x' });
  expect(trail.seal).toBeUndefined();
});
