import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../shared/alerts/channel.ts';
import { retryDelaySeconds, send, wakeSenders } from '../../../shared/alerts/send.ts';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import {
  type AlertContent,
  type AlertMessage,
  ANY_CHANNEL,
  alertMessage,
  type Incident,
  type OutboxRow,
} from '../../../shared/domain/incident.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { ChannelRefused, ChannelUnreachable, StorageUnreachable } from '../../../shared/errors.ts';
import { messagesOf } from '../../../shared/register/messages.ts';
import { typedTables } from '../../../shared/register/tables.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeQueue, fakeTable } from '../../fakes/storage.ts';
import { alert, incident } from './alerts.ts';

const NOW = new Date('2026-03-01T12:00:20Z');
const PARTITION = 'payments,disk-key';
/** So many seconds after the beginning. */
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

/** What a channel does with an alert: takes it, refuses it, or takes it and never answers. */
type Answer = 'accepts' | 'silence' | Error;

/** Channels that take alerts or refuse them, the outbox, the incidents, a queue and a trail. */
function station(answers: Readonly<Record<string, Answer>>, named: readonly string[] = Object.keys(answers)) {
  const answerOf = new Map(Object.entries(answers));
  const state = { now: NOW, queueDown: false, trailDown: false, incidentsDown: false, removeDown: false };
  const sent: { readonly to: string; readonly alert: AlertContent }[] = [];
  const recorded: AuditEntry[] = [];
  const down = (doing: string) => new StorageUnreachable(doing, undefined);
  const queue = fakeQueue({
    onCall: () => {
      if (state.queueDown) throw down('queueing an alert');
    },
  });
  const table = (name: string) =>
    fakeTable({
      onCall: (call) => {
        if (name === 'incidents' && state.incidentsDown) throw down('reading the incidents');
        if (name === 'outbox' && call === 'remove' && state.removeDown) throw down('removing a row');
      },
    });
  const raw = { outbox: table('outbox'), incidents: table('incidents'), vaults: table('vaults') };
  const { outbox, incidents, failing } = typedTables(
    (name) => (name === 'outbox' || name === 'incidents' || name === 'vaults' ? raw[name] : fakeTable()),
    fakeSigner(),
  );
  const channels: readonly Channel[] = Object.keys(answers).map((id) => ({
    id,
    keepsOpen: id === 'open-until-resolved',
    ...(id === 'programs' ? { reader: 'programs' as const } : {}),
    async send(content) {
      const answer = answerOf.get(id);
      if (answer instanceof Error) throw answer;
      sent.push({ to: id, alert: content });
      if (answer === 'silence') await Promise.withResolvers<void>().promise;
    },
  }));
  const needs = {
    tables: { outbox, incidents, failing },
    policy: policy.parse({ vaults: [{ name: 'payments' }], channels: named }),
    channels,
    queues: { alerts: messagesOf<AlertMessage>(queue) },
    trail: {
      append: async (entries: readonly AuditEntry[]) => {
        if (state.trailDown) throw new Error('trail down');
        recorded.push(...entries);
        return 'appended' as const;
      },
    },
    now: () => state.now,
    newId: () => `id-${recorded.length}`,
  };
  const rowOf = ({ incident: { id, revision } }: AlertContent, channel: string): AlertMessage => ({
    partition: PARTITION,
    row: `${id},${revision},${channel}`,
  });
  return {
    state,
    raw,
    sent,
    recorded,
    /** Whom it was handed to, in order. */
    to: () => sent.map(({ to }) => to),
    answer: (id: string, answer: Answer) => void answerOf.set(id, answer),
    /** Puts a row of the outbox, and gives the message that wakes its sender. */
    async put(channel: string, more: Partial<OutboxRow> = {}, content = alert()): Promise<AlertMessage> {
      const message = rowOf(content, channel);
      await outbox.put(message.partition, message.row, { ...content, channel, attempts: 0, dueAt: NOW, ...more });
      return message;
    },
    run: (message: AlertMessage) => send(message, needs, console),
    wake: () => wakeSenders(needs),
    rows: async () => (await outbox.list()).stored.map(({ value }) => value),
    /** The rows by channel, with the attempts that were refused and the seconds until they are due. */
    waiting: async () =>
      (await outbox.list()).stored.map(({ value: { channel, attempts, dueAt } }) => ({
        channel,
        attempts,
        inSeconds: (dueAt.getTime() - state.now.getTime()) / 1_000,
      })),
    /** The channels that are noted as failing. */
    failing: async () =>
      (await failing.list()).stored.map(({ row: { row }, value }) => [row, value.since, value.because]),
    /** The rows that were queued. */
    queued: () => queue.messages.map(({ message }) => alertMessage.parse(message).row),
    details: () => recorded.map(({ detail: { channel, attempt, outcome } }) => [channel, attempt, outcome]),
    /** What is stored of the incident now. */
    incident: (more: Partial<Incident>) => incidents.put(PARTITION, 'incident-1', incident(more)),
  };
}

const busy = (id: string): Error => new ChannelRefused(id, 503);

describe('a message', () => {
  test('without a row sends nothing and records nothing', async () => {
    const { run, to, recorded } = station({ pager: 'accepts' });
    await run({ partition: PARTITION, row: 'incident-1,1,pager' });
    expect([to(), recorded]).toEqual([[], []]);
  });

  test('that comes again sends nothing more', async () => {
    const { put, run, to } = station({ pager: 'accepts' });
    const message = await put('pager');
    await run(message);
    await run(message);
    expect(to()).toEqual(['pager']);
  });

  test.each([
    ['ends in a millisecond', { leasedUntil: at(0.001) }, []],
    ['is over', { leasedUntil: at(0) }, ['pager']],
    ['lasts as long as none does: the clock of whoever took it was ahead', { leasedUntil: at(60.001) }, ['pager']],
    ['lasts a minute', { leasedUntil: at(60) }, []],
  ])('of a row whose lease %s: %j', async (_, more, handedTo) => {
    const { put, run, to } = station({ pager: 'accepts' });
    await run(await put('pager', more));
    expect(to()).toEqual(handedTo);
  });

  test.each([
    [1, ['pager'], 1],
    [1.001, [], 1],
    [600, ['pager'], 0],
    [86_400, ['pager'], 1],
  ])('of a row that is due in %f s', async (seconds, handedTo, attempts) => {
    const { put, run, to } = station({ pager: 'accepts' });
    await run(await put('pager', { dueAt: at(seconds), attempts }));
    expect(to()).toEqual(handedTo);
  });

  test('that two senders take at once is sent by one of them', async () => {
    const { put, run, to } = station({ pager: 'accepts' });
    const message = await put('pager');
    await Promise.all([run(message), run(message)]);
    expect(to()).toEqual(['pager']);
  });
});

const over = alert({ state: 'resolved', revision: 2 }, 'resolved');
const events = ({ sent }: { readonly sent: readonly { readonly alert: AlertContent }[] }) =>
  sent.map(({ alert: { event } }) => event);

describe('a channel that shows each alert as a message', () => {
  const undoing = alert({ judgement: 'undoing' });

  test('has one of what was resolved before anybody was alerted, and the trail says why', async () => {
    const at = station({ chat: 'accepts' });
    await at.incident({ state: 'resolved', revision: 2 });
    await at.run(await at.put('chat'));
    await at.run(await at.put('chat', {}, over));
    expect(events(at)).toEqual(['resolved']);
    expect(await at.rows()).toEqual([]);
    expect(at.details()).toEqual([
      ['chat', undefined, 'overtaken'],
      ['chat', 1, 'accepted'],
    ]);
  });

  test('has one of what is undone within a minute, and that one at once', async () => {
    const at = station({ chat: 'accepts' });
    await at.incident({ judgement: 'undoing' });
    const first = await at.put('chat', {}, undoing);
    await at.run(first);
    expect(events(at)).toEqual([]);
    expect(await at.waiting()).toEqual([{ channel: 'chat', attempts: 0, inSeconds: 2 }]);
    await at.incident({ state: 'resolved', revision: 2 });
    await at.run(await at.put('chat', {}, over));
    expect(events(at)).toEqual(['resolved']);
    await at.run(first);
    expect(events(at)).toEqual(['resolved']);
    expect(await at.rows()).toEqual([]);
  });

  test.each([
    ['is being undone for 59.999 s', 59.999, []],
    ['is being undone for a minute', 60, ['opened']],
    ['is being undone, as a clock says that was an hour ahead', -3_600, ['opened']],
  ])('has of what %s: %j', async (_, seconds, sent) => {
    const at = station({ chat: 'accepts' });
    at.state.now = new Date(NOW.getTime() + seconds * 1_000);
    await at.run(await at.put('chat', {}, undoing));
    expect(events(at)).toEqual(sent);
  });

  test('has at once what could not be undone, and nothing after it that says that it is being undone', async () => {
    const at = station({ chat: 'accepts' });
    await at.incident({ judgement: 'undoing, not done yet: forbidden', revision: 2 });
    const failed = alert({ judgement: 'undoing, not done yet: forbidden', revision: 2 }, 'changed');
    await at.run(await at.put('chat', {}, failed));
    await at.run(await at.put('chat', {}, undoing));
    expect(events(at)).toEqual(['changed']);
  });

  test('has each of them where only programs read it: they select by the event', async () => {
    const at = station({ programs: 'accepts' });
    await at.incident({ state: 'resolved', revision: 2 });
    await at.run(await at.put('programs', {}, undoing));
    await at.run(await at.put('programs', {}, over));
    expect(events(at)).toEqual(['opened', 'resolved']);
  });

  test('has what it had to be told where its incident cannot be read', async () => {
    const at = station({ chat: 'accepts' });
    await at.raw.incidents.put(PARTITION, 'incident-1', { state: 'nonsense' });
    await at.run(await at.put('chat'));
    expect(events(at)).toEqual(['opened']);
  });
});

describe('a channel that keeps alerts open', () => {
  const ID = 'open-until-resolved';

  test('has the alert that resolves after the one that opens, also where the first was refused', async () => {
    const at = station({ [ID]: busy(ID) });
    const first = await at.put(ID);
    await at.run(first);
    at.answer(ID, 'accepts');
    await at.incident({ state: 'resolved', revision: 2 });
    const second = await at.put(ID, {}, over);
    await at.run(second);
    expect(events(at)).toEqual([]);
    expect(await at.waiting()).toContainEqual({ channel: ID, attempts: 0, inSeconds: 2 });
    at.state.now = new Date(NOW.getTime() + 5_000);
    await at.run(first);
    await at.run(second);
    expect(events(at)).toEqual(['opened', 'resolved']);
    expect(await at.rows()).toEqual([]);
  });

  test('has none that opens after the one that resolves, and the trail says so', async () => {
    const at = station({ [ID]: 'accepts' });
    await at.incident({ state: 'resolved', revision: 2 });
    await at.run(await at.put(ID, {}, over));
    await at.run(await at.put(ID));
    expect(events(at)).toEqual(['resolved']);
    expect(await at.rows()).toEqual([]);
    expect(at.details().at(-1)).toEqual([ID, undefined, 'overtaken']);
  });

  test('has one message under way for an alert that waits, however often a tick queues it', async () => {
    const at = station({ [ID]: busy(ID) });
    await at.put(ID, { attempts: 3, dueAt: new Date(NOW.getTime() + 300_000) });
    const second = await at.put(ID, {}, over);
    for (const _ of [1, 2, 3]) await at.run(second);
    expect(at.queued()).toEqual([second.row]);
    at.state.now = new Date(NOW.getTime() + 2_000);
    await at.run(second);
    expect(at.queued()).toEqual([second.row, second.row]);
  });

  test('waits for nothing where the guardian is undoing it', async () => {
    const at = station({ [ID]: 'accepts' });
    await at.run(await at.put(ID, {}, alert({ judgement: 'undoing' })));
    expect(events(at)).toEqual(['opened']);
  });

  test('has the alert by which an incident joins a wave, also where it is resolved by then', async () => {
    const at = station({ [ID]: 'accepts' });
    await at.incident({ state: 'resolved', wave: 'w', revision: 3 });
    await at.run(await at.put(ID, {}, alert({ wave: 'w', revision: 2 }, 'changed')));
    expect(events(at)).toEqual(['changed']);
  });

  test('waits for no other channel and for no other incident', async () => {
    const at = station({ [ID]: 'accepts', chat: 'accepts' });
    await at.put('chat');
    await at.put(ID, {}, alert({ id: 'incident-2' }));
    await at.run(await at.put(ID, {}, over));
    expect(events(at)).toEqual(['resolved']);
  });

  test('has it where the incident is still open, or has no row yet', async () => {
    const at = station({ [ID]: 'accepts' });
    await at.run(await at.put(ID));
    await at.incident({ state: 'open', revision: 2 });
    await at.run(await at.put(ID));
    expect(events(at)).toEqual(['opened', 'opened']);
  });
});

describe('a channel that accepts', () => {
  test('has the alert whole; its row is removed, and that is recorded', async () => {
    const { put, run, sent, recorded, rows } = station({ pager: 'accepts', chat: 'accepts' });
    await run(await put('pager'));
    expect(sent).toEqual([{ to: 'pager', alert: alert() }]);
    expect(await rows()).toEqual([]);
    expect(recorded).toEqual([
      {
        id: expect.any(String),
        time: NOW,
        what: 'alert',
        subject: { kind: 'version', vault: 'payments', key: 'disk-key', version: 'abc' },
        detail: {
          incident: 'incident-1',
          revision: 1,
          event: 'opened',
          channel: 'pager',
          attempt: 1,
          outcome: 'accepted',
        },
      },
    ]);
  });

  test('after it refused is recorded with the number of the attempt', async () => {
    const { put, run, details } = station({ pager: 'accepts' });
    await run(await put('pager', { attempts: 4 }));
    expect(details()).toEqual([['pager', 5, 'accepted']]);
  });

  test('keeps its row where that cannot be recorded, and the platform delivers the message again', async () => {
    const { state, put, run, rows } = station({ pager: 'accepts' });
    const message = await put('pager');
    state.trailDown = true;
    await expect(run(message)).rejects.toThrow('trail down');
    expect(await rows()).toHaveLength(1);
  });
});

describe('a channel that refuses', () => {
  test.each<[before: number, outcome: string, waiting: readonly unknown[]]>([
    [0, 'refused', [{ channel: 'pager', attempts: 1, inSeconds: 5 }]],
    [1, 'refused', [{ channel: 'pager', attempts: 2, inSeconds: 10 }]],
    [
      2,
      'refused',
      [
        { channel: 'chat', attempts: 0, inSeconds: 0 },
        { channel: 'pager', attempts: 3, inSeconds: 20 },
      ],
    ],
    [3, 'refused', [{ channel: 'pager', attempts: 4, inSeconds: 40 }]],
    [8, 'refused', [{ channel: 'pager', attempts: 9, inSeconds: 300 }]],
    [9, 'abandoned', []],
  ])('after %i refusals: %s', async (before, outcome, waiting) => {
    const {
      put,
      run,
      details,
      waiting: left,
    } = station({ pager: busy('pager'), chat: 'accepts', mail: 'accepts' }, ['pager']);
    await run(await put('pager', { attempts: before }, alert({ severity: 'error' })));
    expect(details()).toEqual([['pager', before + 1, outcome]]);
    expect(await left()).toEqual(waiting);
  });

  test('has it again as it was, so that the first attempt and the last tell the same', async () => {
    const { state, put, run, answer, sent } = station({ pager: busy('pager') });
    const message = await put('pager');
    await run(message);
    answer('pager', 'accepts');
    state.now = at(5);
    await run(message);
    expect(sent).toEqual([{ to: 'pager', alert: alert() }]);
  });

  test.each([
    ['no longer than without', 3, 5],
    ['as long as it asks', 120, 120],
    ['at most five minutes', 86_400, 300],
  ])('with a time to wait has the alert again after %s', async (_, retryAfterSeconds, inSeconds) => {
    const { put, run, waiting } = station({ pager: new ChannelRefused('pager', 429, retryAfterSeconds) });
    await run(await put('pager'));
    expect(await waiting()).toEqual([{ channel: 'pager', attempts: 1, inSeconds }]);
  });

  test('costs no other channel its alert', async () => {
    const { put, run, to, rows } = station({ pager: busy('pager'), chat: 'accepts' });
    for (const channel of ['pager', 'chat']) await run(await put(channel));
    expect(to()).toEqual(['chat']);
    expect((await rows()).map(({ channel }) => channel)).toEqual(['pager']);
  });

  test('three times makes the channel that stands by have it at once; refused there, the one after it', async () => {
    const { put, run, to, rows, queued } = station({ pager: busy('pager'), chat: busy('chat'), mail: 'accepts' }, [
      'pager',
    ]);
    await run(await put('pager', { attempts: 2 }, alert({ severity: 'error' })));
    expect(queued()).toEqual(['incident-1,1,chat', 'incident-1,1,pager']);
    await run(await put('chat', { attempts: 2 }, alert({ severity: 'error' })));
    expect((await rows()).map(({ channel }) => channel)).toEqual(['chat', 'mail', 'pager']);
    await run({ partition: PARTITION, row: 'incident-1,1,mail' });
    expect(to()).toEqual(['mail']);
  });

  test('says why in the trail, and never what an unknown error says', async () => {
    const { put, run, recorded } = station({
      pager: busy('pager'),
      chat: new ChannelUnreachable('chat', 'ECONNREFUSED'),
      mail: new TypeError('no route to https://secret.example.com'),
    });
    for (const channel of ['pager', 'chat', 'mail']) await run(await put(channel));
    expect(recorded.map(({ detail }) => detail.because)).toEqual(['status 503', 'ECONNREFUSED', 'TypeError']);
  });

  test('is tried every five minutes while the incident is open, recorded once an hour, and abandoned when something later was said', async () => {
    const { put, run, incident: stored, details, waiting } = station({ pager: busy('pager') });
    await stored({ state: 'open' });
    for (const attempts of [9, 2_014, 2_015]) {
      await run(await put('pager', { attempts }));
      expect(await waiting()).toEqual([{ channel: 'pager', attempts: attempts + 1, inSeconds: 300 }]);
    }
    await stored({ state: 'open', revision: 2 });
    await run(await put('pager', { attempts: 2_016 }));
    expect(await waiting()).toEqual([]);
    expect(details()).toEqual([
      ['pager', 10, 'refused'],
      ['pager', 2_016, 'refused'],
      ['pager', 2_017, 'abandoned'],
    ]);
  });

  test('is abandoned where people were alerted of something later: what is out of date must not come last', async () => {
    const { put, run, incident: stored, details, waiting } = station({ pager: busy('pager') });
    await stored({ state: 'open', revision: 3 });
    await run(await put('pager', { attempts: 9 }, alert({ revision: 2, state: 'resolved' }, 'resolved')));
    expect(await waiting()).toEqual([]);
    await run(await put('pager', { attempts: 9 }, alert({ revision: 3 }, 'changed')));
    expect(await waiting()).toEqual([{ channel: 'pager', attempts: 10, inSeconds: 300 }]);
    expect(details().map(([, , outcome]) => outcome)).toEqual(['abandoned', 'refused']);
  });

  test('is not abandoned while nobody can say whether the incident is over', async () => {
    const { state, put, run, rows, wake, queued } = station({ pager: busy('pager') });
    state.incidentsDown = true;
    await expect(run(await put('pager', { attempts: 9 }))).rejects.toMatchObject({ name: 'StorageUnreachable' });
    expect(await rows()).toHaveLength(1);
    state.now = at(30);
    await wake();
    expect(queued()).toEqual(['incident-1,1,pager']);
  });

  test('is tried no more often, and the next channel no later, where that cannot be recorded', async () => {
    const { state, put, run, waiting, queued } = station({ pager: busy('pager'), chat: 'accepts' }, ['pager']);
    state.trailDown = true;
    await expect(run(await put('pager', { attempts: 2 }, alert({ severity: 'error' })))).rejects.toThrow('trail down');
    expect(await waiting()).toEqual([
      { channel: 'chat', attempts: 0, inSeconds: 0 },
      { channel: 'pager', attempts: 3, inSeconds: 20 },
    ]);
    expect(queued()).toEqual(['incident-1,1,chat', 'incident-1,1,pager']);
  });

  test('loses nothing where the next attempt cannot be queued: the sentry queues it', async () => {
    const { state, put, run, recorded, wake, queued } = station({ pager: busy('pager') });
    state.queueDown = true;
    await expect(run(await put('pager'))).rejects.toMatchObject({ name: 'StorageUnreachable' });
    expect(recorded).toHaveLength(1);
    state.queueDown = false;
    state.now = at(5);
    await wake();
    expect(queued()).toEqual(['incident-1,1,pager']);
  });
});

describe('a channel that fails', () => {
  test.each([
    [1, []],
    [2, [['pager', NOW, 'status 503']]],
    [3, []],
  ])('is noted as such with its third refusal, and not after %i', async (before, noted) => {
    const { put, run, failing } = station({ pager: busy('pager') });
    await run(await put('pager', { attempts: before }));
    expect(await failing()).toEqual(noted);
  });

  test('keeps the time and the reason of the first alert that it refused three times', async () => {
    const at = station({ pager: busy('pager') });
    await at.run(await at.put('pager', { attempts: 2 }));
    at.state.now = new Date(NOW.getTime() + 60_000);
    at.answer('pager', new ChannelUnreachable('pager', 'timed-out'));
    await at.run(await at.put('pager', { attempts: 2 }, alert({ id: 'incident-2' })));
    expect(await at.failing()).toEqual([['pager', NOW, 'status 503']]);
  });

  test('is none any more once it accepts any alert; others that fail still are', async () => {
    const at = station({ pager: busy('pager'), chat: busy('chat') });
    for (const channel of ['pager', 'chat']) await at.run(await at.put(channel, { attempts: 2 }));
    at.answer('pager', 'accepts');
    await at.run(await at.put('pager', {}, alert({ id: 'incident-2' })));
    expect((await at.failing()).map(([channel]) => channel)).toEqual(['chat']);
  });
});

test.each([
  [1, 5],
  [2, 10],
  [6, 160],
  [7, 300],
  [10, 300],
])('after attempt %i the next waits %i seconds', (attempt, seconds) => {
  expect(retryDelaySeconds(attempt)).toBe(seconds);
});

describe('a sender that is killed', () => {
  test('before the channel answered has its alert sent by the next, within 90 seconds', async () => {
    const { state, put, run, answer, to, wake, queued, rows } = station({ pager: 'silence' });
    const message = await put('pager');
    void run(message);
    await expect.poll(to).toEqual(['pager']);
    answer('pager', 'accepts');

    state.now = at(29.999);
    await run(message);
    await wake();
    expect([to(), queued()]).toEqual([['pager'], []]);

    // The sentry comes every 30 seconds: at the latest 30 seconds after the lease was over.
    state.now = at(60);
    await wake();
    expect(queued()).toEqual(['incident-1,1,pager']);
    await run(message);
    expect(to()).toEqual(['pager', 'pager']);
    expect(await rows()).toEqual([]);
  });

  test('between acceptance and removal has it sent twice, with the same id and revision for the receiver to fold', async () => {
    const { state, put, run, sent, rows } = station({ pager: 'accepts' });
    const message = await put('pager');
    state.removeDown = true;
    await expect(run(message)).rejects.toMatchObject({ name: 'StorageUnreachable' });
    state.removeDown = false;
    await run(message);
    expect(sent).toHaveLength(1);
    state.now = at(30);
    await run(message);
    expect(sent.map(({ alert: { incident: of } }) => [of.id, of.revision])).toEqual([
      ['incident-1', 1],
      ['incident-1', 1],
    ]);
    expect(await rows()).toEqual([]);
  });
});

describe('waking senders', () => {
  test('queues what is due and nobody is at, in every partition', async () => {
    const { raw, put, wake, queued } = station({ pager: 'accepts' });
    await put('due');
    await put('later', { dueAt: at(1.001), attempts: 1 });
    await put('leased', { leasedUntil: at(30) });
    await put('left', { leasedUntil: at(0) });
    const [row] = await raw.outbox.list();
    await raw.outbox.put('_guardian', 'incident-2,1,due', row?.data);
    expect(await wake()).toEqual([]);
    expect(queued().toSorted()).toEqual(['incident-1,1,due', 'incident-1,1,left', 'incident-2,1,due']);
  });

  test('gives the rows that cannot be read, and queues all others', async () => {
    const { raw, put, wake, queued } = station({ pager: 'accepts' });
    await raw.outbox.put(PARTITION, 'bad', { channel: 'pager' });
    await put('pager');
    expect(await wake()).toMatchObject([{ name: 'RowUnreadable', table: 'outbox', row: 'bad' }]);
    expect(queued()).toEqual(['incident-1,1,pager']);
  });
});

describe('a row for whichever channels there are', () => {
  test('is handed out to those that the policy names, each with a row of its own', async () => {
    const { put, run, to, rows, queued } = station({ pager: 'accepts', chat: 'accepts', mail: 'accepts' }, [
      'pager',
      'chat',
    ]);
    await run(await put(ANY_CHANNEL));
    expect((await rows()).map(({ channel, attempts, leasedUntil }) => [channel, attempts, leasedUntil])).toEqual([
      ['chat', 0, undefined],
      ['pager', 0, undefined],
    ]);
    expect(queued()).toEqual(['incident-1,1,pager', 'incident-1,1,chat']);
    for (const row of queued()) await run({ partition: PARTITION, row });
    expect(to()).toEqual(['pager', 'chat']);
    expect(await rows()).toEqual([]);
  });

  test('is handed out again, and no alert lost, where its sender was killed on the way', async () => {
    const { state, put, run, rows, queued } = station({ pager: 'accepts', chat: 'accepts' });
    const message = await put(ANY_CHANNEL);
    state.queueDown = true;
    await expect(run(message)).rejects.toMatchObject({ name: 'StorageUnreachable' });
    state.queueDown = false;
    state.now = at(30);
    await run(message);
    expect((await rows()).map(({ channel }) => channel)).toEqual(['chat', 'pager']);
    expect(queued()).toEqual(['incident-1,1,pager', 'incident-1,1,chat']);
  });

  test('stays, and the trail says so, while there is no channel at all', async () => {
    const { put, run, rows, details } = station({}, ['pager']);
    await run(await put(ANY_CHANNEL));
    expect(details()).toEqual([[undefined, undefined, 'no-channel']]);
    expect(await rows()).toHaveLength(1);
  });
});

describe('a channel that is gone', () => {
  test('has its alert sent to the channels that there are, and the trail says so', async () => {
    const { put, run, to, recorded, rows, queued } = station({ pager: 'accepts', mail: 'accepts' });
    const message = await put('chat', { attempts: 3 });
    await run(message);
    expect(queued()).toEqual(['incident-1,1,pager', 'incident-1,1,mail']);
    for (const id of ['pager', 'mail']) await run({ ...message, row: `incident-1,1,${id}` });
    expect(to()).toEqual(['pager', 'mail']);
    expect(recorded.map(({ detail: { outcome } }) => outcome)).toEqual(['not-configured', 'accepted', 'accepted']);
    expect(await rows()).toEqual([]);
  });

  test('is said once, however often the one in its place refuses', async () => {
    const { state, put, run, details } = station({ pager: busy('pager') });
    const message = await put('chat');
    await run(message);
    await run({ ...message, row: 'incident-1,1,pager' });
    state.now = at(5);
    await run({ ...message, row: 'incident-1,1,pager' });
    expect(details()).toEqual([
      [undefined, undefined, 'not-configured'],
      ['pager', 1, 'refused'],
      ['pager', 2, 'refused'],
    ]);
  });

  test('keeps its alert, and the trail says so, while there is no other', async () => {
    const { put, run, rows, details } = station({}, ['pager']);
    await run(await put('chat'));
    expect(details()).toEqual([[undefined, undefined, 'no-channel']]);
    expect(await rows()).toHaveLength(1);
  });
});
