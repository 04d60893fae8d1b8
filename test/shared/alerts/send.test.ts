import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../shared/alerts/channel.ts';
import { deliver, retryDelaySeconds } from '../../../shared/alerts/deliver.ts';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import { type AlertMessage, alertMessage, type Incident } from '../../../shared/domain/incident.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { ChannelRefused, ChannelUnreachable, StorageUnreachable } from '../../../shared/errors.ts';
import type { Queue } from '../../../shared/storage.ts';
import { fakeTable } from '../../fakes/storage.ts';
import { alert, incident } from './alerts.ts';

const now = new Date('2026-03-01T12:00:20Z');

/** Channels that take alerts or refuse them, a queue and a trail. */
function station(
  answers: Readonly<Record<string, Error | undefined>>,
  named: readonly string[] = Object.keys(answers),
) {
  const handedOver: string[] = [];
  const recorded: AuditEntry[] = [];
  const state = { queueDown: false, trailDown: false, bookDown: false };
  const put: { readonly message: AlertMessage; readonly delaySeconds: number | undefined }[] = [];
  const alerts: Queue = {
    send: async (message, delaySeconds) => {
      if (state.queueDown) throw new StorageUnreachable('putting an alert', undefined);
      put.push({ message: alertMessage.parse(message), delaySeconds });
    },
  };
  const channels: readonly Channel[] = Object.entries(answers).map(([id, refusal]) => ({
    id,
    send: async () => {
      if (refusal !== undefined) throw refusal;
      handedOver.push(id);
    },
  }));
  const trail = {
    append: async (_vault: string, entries: readonly AuditEntry[]) => {
      if (state.trailDown) throw new Error('trail down');
      recorded.push(...entries);
      return 'appended' as const;
    },
  };
  const incidents = fakeTable({
    onCall: () => {
      if (state.bookDown) throw new StorageUnreachable('reading the incidents', undefined);
    },
  });
  const needs = {
    tables: { incidents },
    policy: policy.parse({ vaults: [{ name: 'payments' }], channels: named }),
    queues: { alerts },
    trail,
    now: () => now,
    newId: () => `id-${recorded.length}`,
  };
  const run = (message: AlertMessage) => deliver(message, channels, needs);
  /** What was put into the queue, for whom and when. */
  const queued = () => put.map(({ message, delaySeconds }) => ({ attempts: message.attempts, delaySeconds }));
  const details = () => recorded.map(({ detail: { channel, attempt, outcome } }) => [channel, attempt, outcome]);
  /** What the book says of the incident now. */
  const book = (more: Partial<Incident>) => incidents.put('payments,disk-key', 'incident-1', incident(more));
  return { run, state, book, handedOver, recorded, put, queued, details };
}

const busy = (id: string): Error => new ChannelRefused(id, 503);

describe('an alert', () => {
  test('goes to every channel that the policy names, and each hand-over is recorded', async () => {
    const { run, handedOver, recorded, queued } = station({ pager: undefined, chat: undefined });
    await run(alert());
    expect(handedOver).toEqual(['pager', 'chat']);
    expect(queued()).toEqual([]);
    expect(recorded).toEqual(
      ['pager', 'chat'].map((channel) => ({
        id: expect.any(String),
        time: now,
        what: 'alert',
        subject: { vault: 'payments', key: 'disk-key', version: 'abc' },
        detail: { incident: 'incident-1', revision: 1, event: 'opened', channel, attempt: 1, outcome: 'handed-over' },
      })),
    );
  });

  test('that one channel refuses comes again for that channel alone', async () => {
    const { run, handedOver, details, queued } = station({ pager: busy('pager'), chat: undefined });
    await run(alert());
    expect(handedOver).toEqual(['chat']);
    expect(queued()).toEqual([{ attempts: { pager: 1 }, delaySeconds: 5 }]);
    expect(details()).toEqual([
      ['pager', 1, 'refused'],
      ['chat', 1, 'handed-over'],
    ]);
  });

  test('comes again as it was, so that the first attempt and the last tell the same', async () => {
    const { run, put } = station({ pager: busy('pager') });
    await run(alert());
    expect(put.map(({ message }) => message)).toEqual([{ ...alert(), attempts: { pager: 1 } }]);
  });

  test('that comes again goes to that channel alone', async () => {
    const { run, handedOver } = station({ pager: undefined, chat: undefined });
    await run({ ...alert(), attempts: { pager: 1 } });
    expect(handedOver).toEqual(['pager']);
  });

  test('that several channels refuse comes again for each by itself', async () => {
    const { run, queued } = station({ pager: busy('pager'), chat: new ChannelUnreachable('chat', 'timed-out') });
    await run(alert());
    expect(queued().map(({ attempts }) => attempts)).toEqual([{ pager: 1 }, { chat: 1 }]);
  });

  test.each<[number, string, readonly unknown[]]>([
    [1, 'refused', [{ attempts: { pager: 2 }, delaySeconds: 10 }]],
    [
      2,
      'refused',
      [
        { attempts: { pager: 3 }, delaySeconds: 20 },
        { attempts: { chat: 0 }, delaySeconds: 0 },
      ],
    ],
    [3, 'refused', [{ attempts: { pager: 4 }, delaySeconds: 40 }]],
    [8, 'refused', [{ attempts: { pager: 9 }, delaySeconds: 300 }]],
    [9, 'gave-up', []],
  ])('refused %i times before is %s', async (before, outcome, again) => {
    const { run, details, queued } = station({ pager: busy('pager'), chat: undefined, mail: undefined }, ['pager']);
    await run({ ...alert({ severity: 'error' }), attempts: { pager: before } });
    expect(details()).toEqual([['pager', before + 1, outcome]]);
    expect(queued()).toEqual(again);
  });

  test('of an incident that is open is tried every five minutes, however long a channel refuses, recorded once an hour, and given up when it is over', async () => {
    const { run, book, details, queued } = station({ pager: busy('pager') });
    await book({ state: 'open', toldRevision: 1 });
    await run({ ...alert(), attempts: { pager: 9 } });
    await run({ ...alert(), attempts: { pager: 2_014 } });
    await run({ ...alert(), attempts: { pager: 2_015 } });
    const again = [
      { attempts: { pager: 10 }, delaySeconds: 300 },
      { attempts: { pager: 2_015 }, delaySeconds: 300 },
      { attempts: { pager: 2_016 }, delaySeconds: 300 },
    ];
    expect(queued()).toEqual(again);
    await book({ state: 'resolved', revision: 2, toldRevision: 2 });
    await run({ ...alert(), attempts: { pager: 2_016 } });
    expect(queued()).toEqual(again);
    expect(details()).toEqual([
      ['pager', 10, 'refused'],
      ['pager', 2_016, 'refused'],
      ['pager', 2_017, 'gave-up'],
    ]);
  });

  test('of an incident that is open is given up where a later one was told: what is out of date must not come last', async () => {
    const { run, book, details, queued } = station({ pager: busy('pager') });
    await book({ state: 'open', revision: 3, toldRevision: 3 });
    await run({ ...alert({ revision: 2, state: 'resolved' }, 'resolved'), attempts: { pager: 9 } });
    expect(queued()).toEqual([]);
    await run({ ...alert({ revision: 3 }, 'changed'), attempts: { pager: 9 } });
    expect(queued()).toEqual([{ attempts: { pager: 10 }, delaySeconds: 300 }]);
    expect(details().map(([, , outcome]) => outcome)).toEqual(['gave-up', 'refused']);
  });

  test('is not given up while nobody can say whether the incident is over', async () => {
    const { run, state, queued } = station({ pager: busy('pager') });
    state.bookDown = true;
    await run({ ...alert(), attempts: { pager: 9 } });
    expect(queued()).toEqual([{ attempts: { pager: 10 }, delaySeconds: 300 }]);
  });

  test('that the channel standing by refuses too goes to the one after it', async () => {
    const { run, queued } = station({ pager: busy('pager'), chat: busy('chat'), mail: undefined }, ['pager']);
    await run({ ...alert({ severity: 'error' }), attempts: { chat: 2 } });
    expect(queued().map(({ attempts }) => attempts)).toEqual([{ chat: 3 }, { mail: 0 }]);
  });

  test('says in the trail why it was refused, and never what an unknown error says', async () => {
    const { run, recorded } = station({
      pager: busy('pager'),
      chat: new ChannelUnreachable('chat', 'ECONNREFUSED'),
      mail: new TypeError('no route to https://secret.example.com'),
    });
    await run(alert());
    expect(recorded.map(({ detail }) => detail.because)).toEqual(['status 503', 'ECONNREFUSED', 'TypeError']);
  });

  test('says in the trail that a channel which the policy names is not there', async () => {
    const { run, details } = station({ pager: undefined }, ['pager', 'chat']);
    await run(alert());
    expect(details()).toEqual([
      ['pager', 1, 'handed-over'],
      ['chat', undefined, 'not-configured'],
    ]);
  });

  test('goes to the first channel there is when the one it comes again for is gone, and says so', async () => {
    const { run, handedOver, details, queued } = station({ pager: undefined, mail: undefined });
    await run({ ...alert(), attempts: { chat: 3 } });
    expect(handedOver).toEqual(['pager']);
    expect(details()).toEqual([
      ['pager', 1, 'handed-over'],
      ['chat', undefined, 'not-configured'],
    ]);
    expect(queued()).toEqual([]);
  });

  test('says in the trail that there is no channel at all', async () => {
    const { run, details } = station({});
    await run(alert());
    expect(details()).toEqual([[undefined, undefined, 'no-channel']]);
  });

  test('is delivered again by the platform when what it left over cannot be stored', async () => {
    const { run, state, recorded } = station({ pager: busy('pager') });
    state.queueDown = true;
    await expect(run(alert())).rejects.toMatchObject({ errors: [{ name: 'StorageUnreachable' }] });
    expect(recorded).toHaveLength(1);
  });

  test('is delivered again by the platform when it was taken and that cannot be recorded', async () => {
    const { run, state, queued } = station({ pager: undefined });
    state.trailDown = true;
    await expect(run(alert())).rejects.toThrow('incident-1');
    expect(queued()).toEqual([]);
  });

  test('takes with it what cannot be recorded, once, and records it as soon as that can be', async () => {
    const { run, state, put, details } = station({ pager: busy('pager'), chat: busy('chat'), mail: undefined });
    state.trailDown = true;
    await run(alert());
    expect(put.map(({ message }) => message.unrecorded?.length)).toEqual([3, undefined]);
    await run(put[0]?.message ?? alert());
    expect(put.at(-1)?.message.unrecorded).toHaveLength(4);
    state.trailDown = false;
    await run(put.at(-1)?.message ?? alert());
    expect(details()).toEqual([
      ['pager', 1, 'refused'],
      ['chat', 1, 'refused'],
      ['mail', 1, 'handed-over'],
      ['pager', 2, 'refused'],
      ['pager', 3, 'refused'],
    ]);
    expect(put.at(-1)?.message.unrecorded).toBeUndefined();
  });

  test('takes with it no more than fits a message of the queue', async () => {
    const { run, state, book, put } = station({ pager: busy('pager') });
    await book({ state: 'open' });
    state.trailDown = true;
    let message = alert({ summary: 'x'.repeat(4_000) });
    for (let times = 0; times < 400; times += 1) {
      await run(message);
      message = put.at(-1)?.message ?? message;
    }
    expect(message.attempts).toEqual({ pager: 400 });
    expect(message.unrecorded?.at(-1)?.detail.attempt).toBe(240);
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(48 * 1024);
  });

  test('that is refused while nothing can be recorded is tried no more often than otherwise', async () => {
    const { run, state, put } = station({ pager: busy('pager') });
    state.trailDown = true;
    const waiting = [alert()];
    let deliveries = 0;
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      const before = put.length;
      deliveries += 1;
      const ended = await run(message).then(
        () => 'ended',
        () => 'thrown',
      );
      waiting.push(...put.slice(before).map((each) => each.message));
      if (ended === 'thrown' && deliveries < 15) waiting.push(message);
    }
    expect(put).toHaveLength(9);
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
