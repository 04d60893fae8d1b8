import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/azure/random.ts';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import { StorageUnreachable } from '../../../shared/errors.ts';
import type { Streams } from '../../../shared/storage.ts';
import { chainStart, checkChain } from '../../../shared/trail/chain.ts';
import { readLines, readRecords } from '../../../shared/trail/read.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { entries, entry, entryOf, of } from './entries.ts';

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
  const spool = fakeTable({ onCall: onCall('register') });
  const trail = (timeoutMs = 30_000) => createTrail({ streams, spool, now: () => state.now, newId, timeoutMs });
  const ids = async (name = stream) => (await readLines(streams, name)).map((line) => entryOf(line).id);
  return { state, calls, forget, streams, spool, trail, ids, endSilence: silence.resolve };
}

describe('append', () => {
  test('puts what happened before and after midnight into two streams with a chain each', async () => {
    const { streams, trail } = storage();
    const some = [
      entry('before', { time: new Date('2026-03-01T23:59:59.999Z') }),
      entry('after', { time: new Date('2026-03-02T00:00:00.000Z') }),
    ];
    expect(await trail().append(some)).toBe('appended');
    for (const day of ['2026-03-01', '2026-03-02']) {
      const name = `audit/${day}/payments`;
      expect(checkChain(await readLines(streams, name), chainStart(name))).toMatchObject({
        kind: 'holds',
        head: { sequence: 1 },
      });
    }
  });

  test('puts each entry into the stream of its subject, those of a stream in one block', async () => {
    const { streams, trail, ids } = storage();
    const set = { kind: 'disk-encryption-set', id: '/subscriptions/s/sets/a' } as const;
    const some = [
      entry('key'),
      entry('vault', { subject: { kind: 'vault', vault: 'payments' } }),
      entry('guardian', { subject: { kind: 'guardian' } }),
      entry('version', { subject: { kind: 'version', vault: 'payments', key: 'disk-key', version: 'v1' } }),
      entry('set', { subject: set }),
    ];
    expect(await trail().append(some)).toBe('appended');
    expect(await ids()).toEqual(['key', 'vault', 'version']);
    expect(await streams.state(`${stream}.0.jsonl`)).toMatchObject({ blocks: 1 });
    expect(await ids('audit/2026-03-01/_guardian')).toEqual(['guardian']);
    expect((await trail().read(set, noon)).map(({ id }) => id)).toEqual(['set']);
  });

  test('that storage of one stream refuses is spooled for that stream alone', async () => {
    const { state, streams, spool, ids } = storage();
    const locked: Streams = {
      ...streams,
      append: async (name, text, at) => {
        if (name.startsWith(stream))
          throw new StorageUnreachable('appending', undefined, { status: 409, code: 'Held' });
        return streams.append(name, text, at);
      },
    };
    const one = createTrail({ streams: locked, spool, now: () => state.now, newId });
    expect(await one.append([entry('a'), entry('b', of('ledger'))])).toBe('spooled');
    expect(await ids()).toEqual([]);
    expect(await ids('audit/2026-03-01/ledger')).toEqual(['b']);
    expect(await spool.list()).toHaveLength(1);
  });

  test('goes on in a new blob at 40,000 blocks, where nobody says otherwise', async () => {
    const { streams, spool, trail } = storage();
    await trail().append([entry('a')]);
    const long = {
      ...streams,
      state: async (name: string) => ({ sizeBytes: 0, ...(await streams.state(name)), blocks: 39_999 }),
    };
    const one = createTrail({ streams: long, spool, now: () => noon, newId });
    await one.append([entry('b')]);
    expect(await streams.list('audit/')).toEqual([`${stream}.0.jsonl`]);
    await one.append([entry('c')]);
    expect(await streams.list('audit/')).toEqual([`${stream}.0.jsonl`, `${stream}.1.jsonl`]);
    expect(checkChain(await readLines(streams, stream), chainStart(stream))).toMatchObject({
      kind: 'holds',
      head: { sequence: 3 },
    });
  });

  test('of nothing asks storage nothing', async () => {
    const { trail, calls } = storage();
    expect(await trail().append([])).toBe('appended');
    expect(calls).toEqual({ trail: [], register: [] });
  });

  test('is one call to storage once the end is known', async () => {
    const { trail, calls, forget } = storage();
    const one = trail();
    await one.append([entry('a')]);
    forget();
    await one.append([entry('b'), entry('c')]);
    expect(calls).toEqual({ trail: ['append'], register: [] });
  });

  test.each([
    ['a moment that is none', { time: new Date(Number.NaN) }],
    ['a number that is none', { detail: { n: Number.NaN } }],
    ['lists in it too deep to be written', { detail: { deep: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) } }],
  ])('refuses an entry with %s, and those beside it, without harm to others at the same time', async (_, wrong) => {
    const { trail, ids, calls } = storage();
    const one = trail();
    const bad = one.append([entry('beside'), entry('bad', wrong)]);
    const good = one.append([entry('good')]);
    await expect(bad).rejects.toMatchObject({
      name: 'EntryInvalid',
      message: expect.stringContaining('entry bad '),
    });
    expect(await good).toBe('appended');
    expect(await ids()).toEqual(['good']);
    expect(calls.register).toEqual([]);
  });

  test('to more streams than are remembered keeps each chain', async () => {
    const { trail, streams, calls, forget } = storage();
    const one = trail();
    for (const vault of Array.from({ length: 4_200 }, (_, place) => `vault-${place}`)) {
      await one.append([entry(`${vault} 1`, of(vault))]);
    }
    forget();
    await one.append([entry('vault-4199 2', of('vault-4199'))]);
    expect(calls.trail).toEqual(['append']);
    forget();
    await one.append([entry('vault-0 2', of('vault-0'))]);
    expect(calls.trail).toEqual(['list', 'state', 'read', 'append']);
    expect(await readRecords(streams, 'audit/2026-03-01/vault-0')).toHaveLength(2);
  });

  test('50,000 times on one vault in a day does not stop the trail', async () => {
    const { streams } = storage();
    const never = { timeoutMs: 600_000 };
    const trail = createTrail({
      streams,
      spool: fakeTable(),
      now: () => noon,
      newId,
      rollAfterBlocks: 100,
      ...never,
    });
    const some = entries('e', 50_000);
    for (let start = 0; start < some.length; start += 500) {
      const outcomes = await Promise.all(some.slice(start, start + 500).map((one) => trail.append([one])));
      expect(outcomes.every((outcome) => outcome === 'appended')).toBe(true);
    }
    expect(await streams.list(`${stream}.`)).toHaveLength(2);
    expect(checkChain(await readLines(streams, stream), chainStart(stream))).toMatchObject({
      kind: 'holds',
      head: { sequence: 50_000 },
    });
  }, 180_000);
});

describe('while the trail has no storage', () => {
  test('the register spools the record until it is replayed with both times', async () => {
    const { state, trail, streams, ids } = storage();
    const one = trail();
    await one.append([entry('a')]);
    state.trail = 'down';
    expect(await one.append([entry('b'), entry('c')])).toBe('spooled');
    state.trail = 'up';
    expect(await ids()).toEqual(['a']);

    state.now = new Date('2026-03-01T13:00:00Z');
    expect((await one.replay()).replayed).toBe(2);

    const [a, b, c] = await readRecords(streams, stream);
    expect(a?.appendedAt).toBeUndefined();
    expect(b).toMatchObject({ id: 'b', time: noon, appendedAt: state.now });
    expect(c?.id).toBe('c');
    expect((await one.replay()).replayed).toBe(0);
  });

  test('nothing is accepted when the register has none either', async () => {
    const { state, trail } = storage();
    state.trail = 'down';
    state.register = 'down';
    await expect(trail().append([entry('a'), entry('b')])).rejects.toMatchObject({
      name: 'TrailUnreachable',
      message: expect.stringContaining(stream),
    });
    state.trail = 'silent';
    state.register = 'silent';
    const silent = trail(soonMs).append([entry('a'), entry('b')]);
    await expect(silent).rejects.toMatchObject({
      name: 'TrailUnreachable',
      message: expect.stringContaining(stream),
    });
  });

  test('replaying says that it is still away, and loses nothing', async () => {
    const { state, trail, ids } = storage();
    const one = trail();
    state.trail = 'down';
    await one.append([entry('a')]);
    await expect(one.replay()).rejects.toMatchObject({ name: 'StorageUnreachable' });
    state.trail = 'up';
    expect((await one.replay()).replayed).toBe(1);
    expect(await ids()).toEqual(['a']);
  });
});

describe('while storage of the trail is silent', () => {
  test('all that waits is spooled as soon as the first has waited long enough', async () => {
    const { state, trail } = storage();
    const one = trail(soonMs);
    await one.append([entry('a')]);
    state.trail = 'silent';
    const waiting = ['b', 'c', 'd'].map((id) => one.append([entry(id)]));
    expect(await Promise.all(waiting)).toEqual(['spooled', 'spooled', 'spooled']);
  });

  test('it is not waited for again at once', async () => {
    const { state, trail, calls, forget } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append([entry('a')]);
    forget();
    expect(await one.append([entry('b')])).toBe('spooled');
    expect(calls).toEqual({ trail: [], register: ['put'] });
  });

  test('it is asked after all when the register does not answer', async () => {
    const { state, trail, ids } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append([entry('a')]);
    state.trail = 'up';
    state.register = 'down';
    expect(await one.append([entry('b')])).toBe('appended');
    expect(await ids()).toEqual(['b']);
  });

  test('it is used again once something was replayed', async () => {
    const { state, trail, ids } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    await one.append([entry('a')]);
    state.trail = 'up';
    expect((await one.replay()).replayed).toBe(1);
    expect(await one.append([entry('b')])).toBe('appended');
    expect(await ids()).toEqual(['a', 'b']);
  });

  test('what it had not begun to append when it was abandoned is not appended later', async () => {
    const { state, trail, ids, endSilence } = storage();
    const one = trail(soonMs);
    state.trail = 'silent';
    expect(await one.append([entry('a')])).toBe('spooled'); // the silent call looks for the end of the stream
    state.trail = 'up';
    endSilence();
    await trail().append([entry('b', of('ledger'))]);
    expect(await ids()).toEqual([]);
    expect((await one.replay()).replayed).toBe(1);
    expect(await ids()).toEqual(['a']);
  });

  test('what it takes after all comes twice under one id, and the chain holds', async () => {
    const { state, trail, streams, endSilence } = storage();
    const one = trail(soonMs);
    await one.appendRegister([entry('a')]);
    state.trail = 'silent';
    expect(await one.appendRegister([entry('b')])).toBe('spooled');
    state.trail = 'up';
    endSilence();
    await one.replay();
    await one.appendRegister([entry('c')]);
    expect((await readRecords(streams, register)).map(({ id }) => id)).toEqual(['a', 'b', 'b', 'c']);
    expect((await one.readRegister('payments')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});

describe('replaying what was spooled', () => {
  async function withSpooled(count: number, vaultOf: (one: AuditEntry) => string = () => 'payments') {
    const all = storage();
    all.state.trail = 'down';
    const one = all.trail();
    for (const each of entries('e', count)) await one.append([{ ...each, ...of(vaultOf(each)) }]);
    all.state.trail = 'up';
    all.forget();
    return all;
  }

  test('keeps the order of each stream and takes a hundred records to a block', async () => {
    const { trail, streams, ids } = await withSpooled(250);
    expect((await trail().replay()).replayed).toBe(250);
    expect(await ids()).toEqual(entries('e', 250).map(({ id }) => id));
    expect(await streams.state(`${stream}.0.jsonl`)).toMatchObject({ blocks: 3 });
  });

  test('replays each record into its own stream', async () => {
    const { trail, ids } = await withSpooled(6, ({ id }) => (id < 'e4' ? 'payments' : 'ledger'));
    expect((await trail().replay()).replayed).toBe(6);
    expect(await ids()).toEqual(['e1', 'e2', 'e3']);
    expect(await ids('audit/2026-03-01/ledger')).toEqual(['e4', 'e5', 'e6']);
  });

  test('asks storage one question when nothing was spooled', async () => {
    const { trail, calls } = storage();
    await trail().replay();
    expect(calls).toEqual({ trail: [], register: ['list'] });
  });

  test('reads what waits a page at a time, and nothing of it while another instance is at it', async () => {
    const { trail, calls, forget } = await withSpooled(1_100);
    forget();
    expect(await trail().replay()).toEqual({ replayed: 1_100, isAll: true });
    expect(calls.register.filter((name) => name === 'list')).toHaveLength(3);
    const busy = await withSpooled(1_100);
    await busy.spool.put('replay', 'lease', { until: new Date('2026-03-01T12:01:00.000Z') });
    busy.forget();
    expect(await busy.trail().replay()).toEqual({ replayed: 0, isAll: false });
    expect(busy.calls.register.filter((name) => name === 'list')).toHaveLength(1);
  });

  test('is done once when two instances are at it', async () => {
    const { trail, ids } = await withSpooled(250);
    const both = await Promise.all([trail().replay(), trail().replay()]);
    expect(both.map(({ replayed }) => replayed).toSorted((one, other) => one - other)).toEqual([0, 250]);
    expect(both.map(({ isAll }) => isAll).toSorted()).toEqual([false, true]);
    expect(await ids()).toHaveLength(250);
  });

  test('is done once when one instance is done while the other is about to begin', async () => {
    const { state, trail, streams, spool, ids } = await withSpooled(2);
    const counts: number[] = [];
    const slow = {
      ...spool,
      insert: async (partition: string, row: string, data: unknown) => {
        counts.push((await trail().replay()).replayed);
        return spool.insert(partition, row, data);
      },
    };
    expect((await createTrail({ streams, spool: slow, now: () => state.now, newId }).replay()).replayed).toBe(0);
    expect(counts).toEqual([2]);
    expect(await ids()).toHaveLength(2);
  });

  test('is taken over a minute after an instance died at it', async () => {
    const { state, trail, spool } = await withSpooled(2);
    await spool.put('replay', 'lease', { until: new Date('2026-03-01T12:01:00.000Z') });
    state.now = new Date('2026-03-01T12:00:59.999Z');
    expect(await trail().replay()).toEqual({ replayed: 0, isAll: false });
    state.now = new Date('2026-03-01T12:01:00.000Z');
    expect(await trail().replay()).toEqual({ replayed: 2, isAll: true });
  });

  test('stops when somebody else took over meanwhile', async () => {
    const { state, trail, spool, ids } = await withSpooled(150);
    const rival = createTrail({
      streams: fakeStreams({
        onCall: async () => {
          const held = await spool.get('replay', 'lease');
          if (held) await spool.replace(held, { until: new Date('2026-03-01T14:00:00Z') });
        },
      }),
      spool,
      now: () => state.now,
      newId,
    });
    expect(await rival.replay()).toEqual({ replayed: 100, isAll: false });
    expect((await trail().replay()).replayed).toBe(0);
    state.now = new Date('2026-03-01T14:00:00Z');
    expect((await trail().replay()).replayed).toBe(50);
    expect(await ids()).toHaveLength(50);
  });

  test('is not stopped by a stream that cannot be appended to', async () => {
    const { state, spool, streams, ids } = await withSpooled(6, ({ id }) => (id < 'e4' ? 'payments' : 'zebra'));
    const locked: Streams = {
      ...streams,
      append: async (name, text, at) => {
        if (name.startsWith(stream))
          throw new StorageUnreachable('appending', undefined, { status: 409, code: 'Held' });
        return streams.append(name, text, at);
      },
    };
    const trail = createTrail({ streams: locked, spool, now: () => state.now, newId });
    await expect(trail.replay()).rejects.toMatchObject({
      name: 'StorageUnreachable',
      message: expect.stringContaining('409 Held'),
    });
    expect(await ids('audit/2026-03-01/zebra')).toEqual(['e4', 'e5', 'e6']);
    expect(await ids()).toEqual([]);
    expect(await spool.list('audit:2026-03-01:payments')).toHaveLength(3);
  });

  test('waits once for storage that is silent, however many streams wait for it', async () => {
    const { state, trail, calls } = await withSpooled(6, ({ id }) => id);
    state.trail = 'silent';
    await expect(trail(soonMs).replay()).rejects.toMatchObject({ name: 'StorageUnreachable' });
    expect(calls.trail).toEqual(['list']);
  });

  test('replays all others before it says what cannot be read', async () => {
    const { trail, spool, ids } = await withSpooled(2);
    await spool.put('audit:2026-03-01:payments', '0', { stream, entry: { id: 'bad' } });
    await expect(trail().replay()).rejects.toMatchObject({
      errors: [{ name: 'SpooledRecordUnreadable', partition: 'audit:2026-03-01:payments', row: '0' }],
    });
    expect(await ids()).toEqual(['e1', 'e2']);
  });
});

describe('what a later version spooled', () => {
  test('is replayed with what this one does not know of it', async () => {
    const { trail, spool, streams } = storage();
    const later = { ...entry('a', { who: { oid: 'alice' } }), v: 2, region: 'westeurope' };
    await spool.put('audit:2026-03-01:payments', '0', { v: 2, stream, entry: later });
    expect((await trail().replay()).replayed).toBe(1);
    const [line = ''] = await readLines(streams, stream);
    expect(JSON.parse(line)).toMatchObject({ id: 'a', v: 2, region: 'westeurope' });
    expect(checkChain([line], chainStart(stream)).kind).toBe('holds');
  });

  test('carries a version of its form', async () => {
    const { state, trail, spool } = storage();
    state.trail = 'down';
    await trail().append([entry('a')]);
    const [row] = await spool.list();
    expect(row?.data).toMatchObject({ v: 1, entry: { v: 1 } });
  });
});

describe('what happened to a subject on a day', () => {
  const key = entry('a').subject;

  test('is, of a key, that of all its vault on that day, with what is spooled of it in its place', async () => {
    const { state, trail } = storage();
    const one = trail();
    const at = (minute: number) => ({ time: new Date(Date.UTC(2026, 2, 1, 12, minute)) });
    await one.append([entry('a', at(1)), entry('other', of('ledger'))]);
    state.trail = 'down';
    await one.append([entry('b', { ...at(2), subject: { kind: 'vault', vault: 'payments' } })]);
    state.trail = 'up';
    await one.append([entry('c', at(3)), entry('tomorrow', { time: new Date('2026-03-02T00:00:00Z') })]);
    expect((await one.read(key, noon)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('is nothing where nothing was recorded', async () => {
    expect(await storage().trail().read(key, noon)).toEqual([]);
  });
});

describe('the register stream', () => {
  test('is empty for a vault that was never seen', async () => {
    expect(await storage().trail().readRegister('payments')).toEqual([]);
  });

  test('goes over days', async () => {
    const { trail } = storage();
    const one = trail();
    await one.appendRegister([entry('a', of('Payments')), entry('b', { time: new Date('2026-03-02T12:00:00Z') })]);
    expect((await one.readRegister('payments')).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('has in its place what is spooled for it', async () => {
    const { state, trail } = storage();
    const one = trail();
    await one.appendRegister([entry('a')]);
    state.trail = 'down';
    await one.appendRegister([entry('b', { time: new Date('2026-03-01T12:01:00Z') })]);
    state.trail = 'up';
    await one.appendRegister([entry('c', { time: new Date('2026-03-01T12:02:00Z') })]);
    const before = await one.readRegister('payments');
    expect(before.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    await one.replay();
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

  test('is not given without what is spooled for it and cannot be read', async () => {
    const { trail, spool } = storage();
    await spool.put('register:payments', '0', { stream: register, entry: { id: 'bad' } });
    await expect(trail().readRegister('payments')).rejects.toMatchObject({ name: 'SpooledRecordUnreadable', row: '0' });
  });

  test('is not believed where its chain is broken', async () => {
    const { trail, streams } = storage();
    const one = trail();
    await one.appendRegister([entry('a')]);
    const { sizeBytes } = (await streams.state(`${register}.0.jsonl`)) ?? { sizeBytes: 0 };
    await streams.append(`${register}.0.jsonl`, '{}\n', sizeBytes);
    await expect(one.readRegister('payments')).rejects.toMatchObject({
      name: 'TrailBroken',
      message: `The trail ${register} is broken at record 2: not-a-record.`,
    });
  });
});
