import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/azure/random.ts';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import { StorageUnreachable } from '../../../shared/errors.ts';
import type { Streams } from '../../../shared/storage.ts';
import { chainStart, checkChain } from '../../../shared/trail/chain.ts';
import { readLines, readRecords } from '../../../shared/trail/read.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { entries, entry, entryOf } from './entries.ts';

const noon = new Date('2026-03-01T12:00:00Z');
const newId = seededRandom(1).uuid;
const stream = 'audit/2026-03-01/payments';
const register = 'register/payments';

/** Long enough for a fake that answers, even where the machine is busy. */
const soonMs = 250;

/** Storage of a trail whose parts can be switched off (`down`), made silent (`silent`), and that counts its calls. */
function storage() {
  const state = { now: noon, trail: 'up', register: 'up' };
  const calls = { trail: [''], register: [''] };
  const silence = Promise.withResolvers<void>();
  const onCall = (account: 'trail' | 'register') => async (name: string) => {
    calls[account].push(name);
    if (state[account] === 'down') throw new Error('down');
    if (state[account] === 'silent') await silence.promise;
  };
  const forget = () => {
    calls.trail = [];
    calls.register = [];
  };
  forget();
  const streams = fakeStreams({ onCall: onCall('trail') });
  const backlog = fakeTable({ onCall: onCall('register') });
  const trail = (giveUpAfterMs = 30_000) =>
    createTrail({ streams, backlog, now: () => state.now, newId, giveUpAfterMs });
  const ids = async (name = stream) => (await readLines(streams, name)).map((line) => entryOf(line).id);
  return { state, calls, forget, streams, backlog, trail, ids, endSilence: silence.resolve };
}

describe('append', () => {
  test('puts what happened before and after midnight into two streams with a chain each', async () => {
    const { streams, trail } = storage();
    const some = [
      entry('before', { time: new Date('2026-03-01T23:59:59.999Z') }),
      entry('after', { time: new Date('2026-03-02T00:00:00.000Z') }),
    ];
    expect(await trail().append('payments', some)).toBe('appended');
    for (const day of ['2026-03-01', '2026-03-02']) {
      const name = `audit/${day}/payments`;
      expect(checkChain(await readLines(streams, name), chainStart(name))).toMatchObject({ kind: 'holds', records: 1 });
    }
  });

  test('goes on in a new blob at 40,000 blocks, where nobody says otherwise', async () => {
    const { streams, backlog, trail } = storage();
    await trail().append('payments', [entry('a')]);
    const long = {
      ...streams,
      state: async (name: string) => ({ sizeBytes: 0, ...(await streams.state(name)), blocks: 39_999 }),
    };
    const one = createTrail({ streams: long, backlog, now: () => noon, newId });
    await one.append('payments', [entry('b')]);
    expect(await streams.list('audit/')).toEqual([`${stream}.0.jsonl`]);
    await one.append('payments', [entry('c')]);
    expect(await streams.list('audit/')).toEqual([`${stream}.0.jsonl`, `${stream}.1.jsonl`]);
    expect(checkChain(await readLines(streams, stream), chainStart(stream))).toMatchObject({
      kind: 'holds',
      records: 3,
    });
  });

  test('of nothing asks storage nothing', async () => {
    const { trail, calls } = storage();
    expect(await trail().append('payments', [])).toBe('appended');
    expect(calls).toEqual({ trail: [], register: [] });
  });

  test('is one call to storage once the end is known', async () => {
    const { trail, calls, forget } = storage();
    const one = trail();
    await one.append('payments', [entry('a')]);
    forget();
    await one.append('payments', [entry('b'), entry('c')]);
    expect(calls).toEqual({ trail: ['append'], register: [] });
  });

  test.each([
    ['a moment that is none', { time: new Date(Number.NaN) }],
    ['a number that is none', { detail: { n: Number.NaN } }],
    ['lists in it too deep to be written', { detail: { deep: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) } }],
  ])('refuses an entry with %s, and those beside it, without harm to others at the same time', async (_, wrong) => {
    const { trail, ids, calls } = storage();
    const one = trail();
    const bad = one.append('payments', [entry('beside'), entry('bad', wrong)]);
    const good = one.append('payments', [entry('good')]);
    await expect(bad).rejects.toMatchObject({ name: 'EntryInvalid', entry: 'bad' });
    expect(await good).toBe('appended');
    expect(await ids()).toEqual(['good']);
    expect(calls.register).toEqual([]);
  });

  test('to more streams than are remembered keeps each chain', async () => {
    const { trail, streams, calls, forget } = storage();
    const one = trail();
    for (const vault of Array.from({ length: 4_200 }, (_, place) => `vault-${place}`)) {
      await one.append(vault, [entry(`${vault} 1`)]);
    }
    forget();
    await one.append('vault-4199', [entry('vault-4199 2')]);
    expect(calls.trail).toEqual(['append']);
    forget();
    await one.append('vault-0', [entry('vault-0 2')]);
    expect(calls.trail).toEqual(['list', 'state', 'read', 'append']);
    expect(await readRecords(streams, 'audit/2026-03-01/vault-0')).toHaveLength(2);
  });

  test('200,000 times on one vault in a day does not stop the trail', async () => {
    const { streams } = storage();
    const never = { giveUpAfterMs: 600_000 };
    const trail = createTrail({
      streams,
      backlog: fakeTable(),
      now: () => noon,
      newId,
      rollAfterBlocks: 100,
      ...never,
    });
    const some = entries('e', 200_000);
    for (let start = 0; start < some.length; start += 500) {
      const outcomes = await Promise.all(some.slice(start, start + 500).map((one) => trail.append('payments', [one])));
      expect(outcomes.every((outcome) => outcome === 'appended')).toBe(true);
    }
    expect(await streams.list(`${stream}.`)).toHaveLength(8);
    expect(checkChain(await readLines(streams, stream), chainStart(stream))).toMatchObject({
      kind: 'holds',
      records: 200_000,
    });
  }, 180_000);
});

describe('while the trail has no storage', () => {
  test('the register keeps the record until it is brought in with both times', async () => {
    const { state, trail, streams, ids } = storage();
    const one = trail();
    await one.append('payments', [entry('a')]);
    state.trail = 'down';
    expect(await one.append('payments', [entry('b'), entry('c')])).toBe('kept');
    state.trail = 'up';
    expect(await ids()).toEqual(['a']);

    state.now = new Date('2026-03-01T13:00:00Z');
    expect((await one.catchUp()).brought).toBe(2);

    const [a, b, c] = await readRecords(streams, stream);
    expect(a?.appendedAt).toBeUndefined();
    expect(b).toMatchObject({ id: 'b', time: noon, appendedAt: state.now });
    expect(c?.id).toBe('c');
    expect((await one.catchUp()).brought).toBe(0);
  });

  test('nothing is accepted when the register has none either', async () => {
    const { state, trail } = storage();
    state.trail = 'down';
    state.register = 'down';
    await expect(trail().append('payments', [entry('a')])).rejects.toMatchObject({ name: 'TrailUnreachable', stream });
    state.trail = 'silent';
    state.register = 'silent';
    const silent = trail(soonMs).append('payments', [entry('a')]);
    await expect(silent).rejects.toMatchObject({ name: 'TrailUnreachable', stream });
  });

  test('bringing in says that it is still away, and loses nothing', async () => {
    const { state, trail, ids } = storage();
    const one = trail();
    state.trail = 'down';
    await one.append('payments', [entry('a')]);
    await expect(one.catchUp()).rejects.toMatchObject({ name: 'StorageUnreachable' });
    state.trail = 'up';
    expect((await one.catchUp()).brought).toBe(1);
    expect(await ids()).toEqual(['a']);
  });
});

describe('while storage of the trail is silent', () => {
  test('all that waits is kept as soon as the first has waited long enough', async () => {
    const { state, trail } = storage();
    const one = trail(soonMs);
    await one.append('payments', [entry('a')]);
    state.trail = 'silent';
    const waiting = ['b', 'c', 'd'].map((id) => one.append('payments', [entry(id)]));
    expect(await Promise.all(waiting)).toEqual(['kept', 'kept', 'kept']);
  });

  test('it is not waited for again at once', async () => {
    const { state, trail, calls, forget } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append('payments', [entry('a')]);
    forget();
    expect(await one.append('payments', [entry('b')])).toBe('kept');
    expect(calls).toEqual({ trail: [], register: ['putAll'] });
  });

  test('it is asked after all when the register does not answer', async () => {
    const { state, trail, ids } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append('payments', [entry('a')]);
    state.trail = 'up';
    state.register = 'down';
    expect(await one.append('payments', [entry('b')])).toBe('appended');
    expect(await ids()).toEqual(['b']);
  });

  test('it is used again once something was brought in', async () => {
    const { state, trail, ids } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append('payments', [entry('a')]);
    state.trail = 'up';
    expect((await one.catchUp()).brought).toBe(1);
    expect(await one.append('payments', [entry('b')])).toBe('appended');
    expect(await ids()).toEqual(['a', 'b']);
  });

  test('what it was not asked to append before it was given up is not appended later', async () => {
    const { state, trail, ids, endSilence } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    expect(await one.append('payments', [entry('a')])).toBe('kept'); // the silent call looks for the end of the stream
    state.trail = 'up';
    endSilence();
    await trail().append('ledger', [entry('b')]);
    expect(await ids()).toEqual([]);
    expect((await one.catchUp()).brought).toBe(1);
    expect(await ids()).toEqual(['a']);
  });

  test('what it takes after all comes twice under one id, and the chain holds', async () => {
    const { state, trail, streams, endSilence } = storage();
    const one = trail(soonMs);
    await one.appendRegister('payments', [entry('a')]);
    state.trail = 'silent';
    expect(await one.appendRegister('payments', [entry('b')])).toBe('kept');
    state.trail = 'up';
    endSilence();
    await one.catchUp();
    await one.appendRegister('payments', [entry('c')]);
    expect((await readRecords(streams, register)).map(({ id }) => id)).toEqual(['a', 'b', 'b', 'c']);
    expect((await one.readRegister('payments')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});

describe('bringing in what was kept', () => {
  async function withKept(count: number, streamsOf: (one: AuditEntry) => string = () => 'payments') {
    const all = storage();
    all.state.trail = 'down';
    const one = all.trail();
    for (const each of entries('e', count)) await one.append(streamsOf(each), [each]);
    all.state.trail = 'up';
    all.forget();
    return all;
  }

  test('keeps the order of each stream and takes a hundred records to a block', async () => {
    const { trail, streams, ids } = await withKept(250);
    expect((await trail().catchUp()).brought).toBe(250);
    expect(await ids()).toEqual(entries('e', 250).map(({ id }) => id));
    expect(await streams.state(`${stream}.0.jsonl`)).toMatchObject({ blocks: 3 });
  });

  test('brings each record to its own stream', async () => {
    const { trail, ids } = await withKept(6, ({ id }) => (id < 'e4' ? 'payments' : 'ledger'));
    expect((await trail().catchUp()).brought).toBe(6);
    expect(await ids()).toEqual(['e1', 'e2', 'e3']);
    expect(await ids('audit/2026-03-01/ledger')).toEqual(['e4', 'e5', 'e6']);
  });

  test('asks storage one question when nothing was kept', async () => {
    const { trail, calls } = storage();
    await trail().catchUp();
    expect(calls).toEqual({ trail: [], register: ['list'] });
  });

  test('reads what waits a page at a time, and nothing of it while another instance is at it', async () => {
    const { trail, calls, forget } = await withKept(1_100);
    forget();
    expect(await trail().catchUp()).toEqual({ brought: 1_100, isAll: true });
    expect(calls.register.filter((name) => name === 'list')).toHaveLength(3);
    const busy = await withKept(1_100);
    await busy.backlog.put('catch-up', 'lease', { until: new Date('2026-03-01T12:01:00.000Z') });
    busy.forget();
    expect(await busy.trail().catchUp()).toEqual({ brought: 0, isAll: false });
    expect(busy.calls.register.filter((name) => name === 'list')).toHaveLength(1);
  });

  test('is done once when two instances are at it', async () => {
    const { trail, ids } = await withKept(250);
    const brought = await Promise.all([trail().catchUp(), trail().catchUp()]);
    expect(brought.map(({ brought: count }) => count).toSorted((one, other) => one - other)).toEqual([0, 250]);
    expect(brought.map(({ isAll }) => isAll).toSorted()).toEqual([false, true]);
    expect(await ids()).toHaveLength(250);
  });

  test('is done once when one instance is done while the other is about to begin', async () => {
    const { state, trail, streams, backlog, ids } = await withKept(2);
    const brought: number[] = [];
    const slow = {
      ...backlog,
      insert: async (partition: string, row: string, data: unknown) => {
        brought.push((await trail().catchUp()).brought);
        return backlog.insert(partition, row, data);
      },
    };
    expect((await createTrail({ streams, backlog: slow, now: () => state.now, newId }).catchUp()).brought).toBe(0);
    expect(brought).toEqual([2]);
    expect(await ids()).toHaveLength(2);
  });

  test('is taken over a minute after an instance died at it', async () => {
    const { state, trail, backlog } = await withKept(2);
    await backlog.put('catch-up', 'lease', { until: new Date('2026-03-01T12:01:00.000Z') });
    state.now = new Date('2026-03-01T12:00:59.999Z');
    expect(await trail().catchUp()).toEqual({ brought: 0, isAll: false });
    state.now = new Date('2026-03-01T12:01:00.000Z');
    expect(await trail().catchUp()).toEqual({ brought: 2, isAll: true });
  });

  test('stops when somebody else took over meanwhile', async () => {
    const { state, trail, backlog, ids } = await withKept(150);
    const rival = createTrail({
      streams: fakeStreams({
        onCall: async () => {
          const held = await backlog.get('catch-up', 'lease');
          if (held) await backlog.replace(held, { until: new Date('2026-03-01T14:00:00Z') });
        },
      }),
      backlog,
      now: () => state.now,
      newId,
    });
    expect(await rival.catchUp()).toEqual({ brought: 100, isAll: false });
    expect((await trail().catchUp()).brought).toBe(0);
    state.now = new Date('2026-03-01T14:00:00Z');
    expect((await trail().catchUp()).brought).toBe(50);
    expect(await ids()).toHaveLength(50);
  });

  test('is not stopped by a stream that cannot be appended to', async () => {
    const { state, backlog, streams, ids } = await withKept(6, ({ id }) => (id < 'e4' ? 'payments' : 'zebra'));
    const locked: Streams = {
      ...streams,
      append: async (name, text, at) => {
        if (name.startsWith(stream))
          throw new StorageUnreachable('appending', undefined, { status: 409, code: 'Held' });
        return streams.append(name, text, at);
      },
    };
    const trail = createTrail({ streams: locked, backlog, now: () => state.now, newId });
    await expect(trail.catchUp()).rejects.toMatchObject({ name: 'StorageUnreachable', code: 'Held' });
    expect(await ids('audit/2026-03-01/zebra')).toEqual(['e4', 'e5', 'e6']);
    expect(await ids()).toEqual([]);
    expect(await backlog.list('audit:2026-03-01:payments')).toHaveLength(3);
  });

  test('waits once for storage that is silent, however many streams wait for it', async () => {
    const { state, trail, calls } = await withKept(6, ({ id }) => id);
    state.trail = 'silent';
    await expect(trail(soonMs).catchUp()).rejects.toMatchObject({ name: 'StorageUnreachable' });
    expect(calls.trail).toEqual(['list']);
  });

  test('brings in all others before it says what cannot be read', async () => {
    const { trail, backlog, ids } = await withKept(2);
    await backlog.put('audit:2026-03-01:payments', '0', { stream, entry: { id: 'bad' } });
    await expect(trail().catchUp()).rejects.toMatchObject({
      errors: [{ name: 'KeptRecordUnreadable', partition: 'audit:2026-03-01:payments', row: '0' }],
    });
    expect(await ids()).toEqual(['e1', 'e2']);
  });
});

describe('the register stream', () => {
  test('is empty for a vault that was never seen', async () => {
    expect(await storage().trail().readRegister('payments')).toEqual([]);
  });

  test('goes over days', async () => {
    const { trail } = storage();
    const one = trail();
    await one.appendRegister('Payments', [entry('a'), entry('b', { time: new Date('2026-03-02T12:00:00Z') })]);
    expect((await one.readRegister('payments')).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('has in its place what the register keeps for it', async () => {
    const { state, trail } = storage();
    const one = trail();
    await one.appendRegister('payments', [entry('a')]);
    state.trail = 'down';
    await one.appendRegister('payments', [entry('b', { time: new Date('2026-03-01T12:01:00Z') })]);
    state.trail = 'up';
    await one.appendRegister('payments', [entry('c', { time: new Date('2026-03-01T12:02:00Z') })]);
    const before = await one.readRegister('payments');
    expect(before.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    await one.catchUp();
    expect(await one.readRegister('payments')).toEqual(before);
  });

  test('is not read where storage does not answer', async () => {
    const { state, trail } = storage();
    state.trail = 'down';
    await expect(trail().readRegister('payments')).rejects.toMatchObject({ name: 'StorageUnreachable' });
    state.trail = 'up';
    state.register = 'down';
    await expect(trail().readRegister('payments')).rejects.toMatchObject({ name: 'StorageUnreachable' });
  });

  test('is not given without what is kept for it and cannot be read', async () => {
    const { trail, backlog } = storage();
    await backlog.put('register:payments', '0', { stream: register, entry: { id: 'bad' } });
    await expect(trail().readRegister('payments')).rejects.toMatchObject({ name: 'KeptRecordUnreadable', row: '0' });
  });

  test('is not believed where its chain is broken', async () => {
    const { trail, streams } = storage();
    const one = trail();
    await one.appendRegister('payments', [entry('a')]);
    const { sizeBytes } = (await streams.state(`${register}.0.jsonl`)) ?? { sizeBytes: 0 };
    await streams.append(`${register}.0.jsonl`, '{}\n', sizeBytes);
    await expect(one.readRegister('payments')).rejects.toMatchObject({
      name: 'TrailBroken',
      stream: register,
      atSequence: 2,
      because: 'not-a-record',
    });
  });
});
