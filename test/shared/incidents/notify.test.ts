import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { Channel } from '../../../shared/alerts/channel.ts';
import { send, wakeSenders } from '../../../shared/alerts/send.ts';
import { type AlertContent, alertMessage, type Incident } from '../../../shared/domain/incident.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { keyOf, partitionOf } from '../../../shared/domain/subject.ts';
import type { IncidentDraft } from '../../../shared/incidents/draft.ts';
import { announce } from '../../../shared/incidents/notify.ts';
import { openIncident, readIncidents, resolveIncident } from '../../../shared/incidents/store.ts';
import type { Ports } from '../../../shared/ports.ts';
import { fakeGraph } from '../../fakes/graph.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seededIds } from '../../simulation/ids.ts';
import { createInstance, type Step } from '../../simulation/instance.ts';
import { createStorage, recordsIn } from '../../simulation/storage.ts';
import { incident } from '../alerts/alerts.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const KEY = keyOf({ vault: 'payments', key: 'disk-key' });
const PARTITION = partitionOf(KEY);

const draft = (more: Partial<IncidentDraft> = {}): IncidentDraft => ({
  kind: 'version-disabled',
  severity: 'error',
  audience: 'on-call',
  ends: 'with-an-inspection',
  subject: KEY,
  since: new Date('2031-03-03T09:00:00.000Z'),
  summary: 'It is disabled.',
  judgement: 'withheld: alert-only',
  ...more,
});

/** Several instances of the guardian over one storage in memory, and what their channels were given. */
function guardian(ids: readonly string[] = ['console'], named: readonly string[] = ids) {
  const storage = createStorage(() => undefined);
  const alerts: AlertContent[] = [];
  const channels: readonly Channel[] = ids.map((id) => ({ id, send: async (alert) => void alerts.push(alert) }));
  const azure = createLocalAzure({
    vaults: [],
    identities: ['surveyor', 'keeper'].map((name) => ({ name, kind: 'managed-identity', grants: [] })),
    seed: 1,
  });
  const { newId } = seededIds(1);
  const names = policy.parse({ vaults: [{ name: 'payments' }], channels: named });
  /** An instance; `onStep` ends it by throwing. */
  const instance = (onStep?: (step: Step) => void): Ports =>
    createInstance({
      azure,
      newId,
      storage,
      channels,
      policy: () => names,
      settings: { sweepEverySeconds: 60, ownObjectIds: [] },
      signer: fakeSigner(),
      graph: fakeGraph(() => ({})),
      onStep,
    }).ports;
  const ports = instance();
  return {
    storage,
    alerts,
    instance,
    ports,
    outbox: async () => (await ports.tables.outbox.list()).stored,
    /** The one incident as it stands, with its row. */
    async standing() {
      const [stored] = (await readIncidents(ports, KEY)).stored;
      if (stored === undefined) throw new Error('No incident stands.');
      return stored;
    },
    /** What an incident's record of the trail says. */
    records: async () =>
      (await recordsIn(storage)).filter(({ what }) => what === 'incident').map(({ detail }) => detail),
    /** Half a minute later the sentry wakes the senders, and whoever of them is woken does its work. */
    async halfAMinute() {
      turnClock(30_000);
      await wakeSenders(ports);
      for (const message of storage.queues.alerts.take()) await send(alertMessage.parse(message), ports, console);
    },
  };
}

describe('what people are to be alerted of', () => {
  test('stands in the outbox and in the trail before the incident itself, and its sender is woken last', async () => {
    const { instance } = guardian();
    const done: string[] = [];
    await openIncident(
      draft(),
      instance(({ name, when }) => void (when === 'after' && done.push(name))),
    );
    const wanted = ['outbox.insert', 'trail.append', 'incidents.insert', 'alerts.send'];
    expect(done.filter((name) => wanted.includes(name))).toEqual(wanted);
  });

  test('is a row for each channel that is to have it, with a message that only names the row', async () => {
    const { ports, storage, outbox, records, standing } = guardian(
      ['console', 'mail', 'webhook'],
      ['webhook', 'console', 'gone'],
    );
    await openIncident(draft(), ports);
    const { row, value } = await standing();
    expect((await outbox()).map((one) => [one.row.row, one.value.channel])).toEqual([
      [`${row.row},1,console`, 'console'],
      [`${row.row},1,webhook`, 'webhook'],
    ]);
    for (const { value: one } of await outbox())
      expect(one).toMatchObject({ event: 'opened', incident: value, attempts: 0, dueAt: new Date() });
    expect(storage.queues.alerts.take()).toEqual(
      ['webhook', 'console'].map((channel) => ({ v: 1, partition: PARTITION, row: `${row.row},1,${channel}` })),
    );
    expect(await records()).toMatchObject([{ channels: ['webhook', 'console'], notConfigured: ['gone'] }]);
  });

  test('goes to whichever channels the sender has, where whoever writes it knows none, as a person’s command', async () => {
    const { ports, outbox, alerts, halfAMinute } = guardian(['console', 'mail']);
    await openIncident(draft(), { ...ports, channels: [] });
    expect((await outbox()).map(({ value }) => value.channel)).toEqual(['-']);
    await halfAMinute();
    await halfAMinute();
    expect(alerts).toHaveLength(2);
    expect(await outbox()).toEqual([]);
  });

  test.each([
    ['that joins a wave goes to those alone that keep its alert open', true, ['pager']],
    ['of a wave goes nowhere: the alerts of the wave speak for it', false, []],
  ])('%s', async (_, joins, channels) => {
    const { ports, outbox, records } = guardian(['console', 'pager']);
    const keeping = ports.channels.map((channel) => ({ ...channel, keepsOpen: channel.id === 'pager' }));
    const content: AlertContent = { event: 'changed', incident: incident({ subject: KEY, wave: 'w', revision: 2 }) };
    await announce(content, async () => true, { ...ports, channels: keeping }, joins);
    expect((await outbox()).map(({ value }) => value.channel)).toEqual(channels);
    expect(await records()).toMatchObject([{ wave: 'w', channels }]);
  });

  test('said again after a crash is one record under one id', async () => {
    const { ports, storage, records } = guardian();
    const content: AlertContent = { event: 'opened', incident: incident({ subject: KEY }) };
    for (const _ of [1, 2]) await begun(content, ports);
    const ids = (await recordsIn(storage)).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(await records()).toMatchObject([{ event: 'opened', revision: 1 }, { event: 'opened' }]);
  });
});

/** Announces something until its incident's row is to be written. Then say whether it was: the rest follows. */
async function begun(content: AlertContent, ports: Ports) {
  const reached = Promise.withResolvers<void>();
  const written = Promise.withResolvers<boolean>();
  const all = announce(
    content,
    () => {
      reached.resolve();
      return written.promise;
    },
    ports,
  );
  await Promise.race([reached.promise, all]);
  return async (isWritten: boolean): Promise<void> => {
    written.resolve(isWritten);
    await all;
  };
}

describe('of two who open or change an incident at once', () => {
  const opened = (summary: string): AlertContent => ({
    event: 'opened',
    incident: incident({ subject: KEY, summary }),
  });
  const [ours, theirs] = [opened('ours'), opened('theirs')];
  const put = ({ tables }: Ports, { incident: of }: AlertContent) => tables.incidents.put(PARTITION, of.id, of);
  const summaries = (some: readonly AlertContent[]) => some.map(({ incident: { summary } }) => summary);

  test('who wins puts his content, whoever came first', async () => {
    for (const [first, second] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const { ports, alerts, outbox, halfAMinute } = guardian();
      const both = new Map<AlertContent, Awaited<ReturnType<typeof begun>>>();
      for (const content of [first, second]) both.set(content, await begun(content, ports));
      await put(ports, theirs);
      await both.get(theirs)?.(true);
      await both.get(ours)?.(false);
      await halfAMinute();
      expect(summaries(alerts)).toEqual(['theirs']);
      expect(await outbox()).toEqual([]);
    }
  });

  test('who loses leaves what the winner wrote, also where the winner dies before it wakes a sender', async () => {
    const { ports, alerts, halfAMinute } = guardian();
    const mine = await begun(ours, ports);
    await begun(theirs, ports);
    await put(ports, theirs);
    await mine(false);
    await halfAMinute();
    expect(summaries(alerts)).toEqual(['theirs']);
  });

  test.each<[event: AlertContent['event'], more: Partial<Incident>]>([
    ['opened', {}],
    ['changed', { revision: 2 }],
    ['resolved', { revision: 2, state: 'resolved' }],
  ])('who loses says of what the winner wrote that it was %s', async (event, more) => {
    const { ports, outbox } = guardian();
    const { revision = 1 } = more;
    const mine = await begun({ event: 'changed', incident: incident({ subject: KEY, revision }) }, ports);
    const won = incident({ subject: KEY, summary: 'theirs', ...more });
    await put(ports, { event, incident: won });
    await mine(false);
    expect((await outbox()).map(({ value }) => [value.event, value.incident.summary])).toEqual([[event, 'theirs']]);
  });

  test.each<[what: string, standing: Incident | undefined]>([
    ['people were alerted of something later', incident({ subject: KEY, revision: 2 })],
    ['the incident is gone', undefined],
  ])('who loses withdraws where %s', async (_, standing) => {
    const { ports, outbox } = guardian();
    const mine = await begun(ours, ports);
    if (standing !== undefined) await put(ports, { event: 'changed', incident: standing });
    await mine(false);
    expect(await outbox()).toEqual([]);
  });

  test('who loses says nothing more where the winner’s alert was accepted already', async () => {
    const { ports, alerts, outbox, halfAMinute } = guardian();
    const mine = await begun(ours, ports);
    const other = await begun(theirs, ports);
    await put(ports, theirs);
    await other(true);
    await halfAMinute();
    await mine(false);
    await halfAMinute();
    expect(summaries(alerts)).toEqual(['theirs']);
    expect(await outbox()).toEqual([]);
  });

  test('one opens it, and people are alerted of that one', async () => {
    const { instance, standing, alerts, outbox, halfAMinute } = guardian();
    const both = ['one', 'other'].map((summary) => openIncident(draft({ summary }), instance()));
    await Promise.all(both);
    const { value } = await standing();
    await halfAMinute();
    expect(value.revision).toBe(1);
    expect(alerts).toEqual([{ event: 'opened', incident: value }]);
    expect(await outbox()).toEqual([]);
  });
});

/** What is done to an incident, again and again until it is done: each finds what the one before it left. */
interface Story {
  readonly event: AlertContent['event'];
  readonly before: (ports: Ports) => Promise<void>;
  readonly act: (ports: Ports) => Promise<void>;
}

const open = (ports: Ports) => openIncident(draft(), ports);
const resolve = async (ports: Ports): Promise<void> => {
  for (const stored of (await readIncidents(ports, KEY)).stored) await resolveIncident(stored, 'undone', true, ports);
};
const stories: readonly Story[] = [
  { event: 'opened', before: async () => undefined, act: open },
  { event: 'changed', before: open, act: (ports) => openIncident(draft({ judgement: 'undoing' }), ports) },
  { event: 'resolved', before: open, act: resolve },
];

/** Whoever is at work dies at a step; what they were at is done again half a minute later, before or after the sentry comes. */
describe('wherever an instance dies', () => {
  const dyingAt = (step: number) => {
    let steps = 0;
    return () => {
      steps += 1;
      if (steps === step) throw new Error('the process is gone');
    };
  };
  async function stepsOf(work: (ports: Ports) => Promise<void>, { instance }: ReturnType<typeof guardian>) {
    let steps = 0;
    await work(
      instance(() => {
        steps += 1;
      }),
    );
    return steps;
  }

  test.each(stories)('before people are alerted that an incident was $event, they are all the same', async (story) => {
    const undisturbed = guardian();
    await story.before(undisturbed.ports);
    const steps = await stepsOf(story.act, undisturbed);
    expect(steps).toBeGreaterThan(6);
    for (const sentryFirst of [true, false]) {
      for (let step = 1; step <= steps; step += 1) {
        const { instance, ports, alerts, outbox, standing, halfAMinute } = guardian();
        await story.before(ports);
        await halfAMinute();
        alerts.splice(0);
        await story.act(instance(dyingAt(step))).catch(() => undefined);
        if (sentryFirst) await halfAMinute();
        await story.act(ports);
        for (const _ of [1, 2, 3]) await halfAMinute();

        const { value } = await standing();
        const at = `step ${step}, ${sentryFirst ? 'the sentry' : 'the act'} first`;
        expect(alerts.length, at).toBeGreaterThanOrEqual(1);
        expect(alerts.length, at).toBeLessThanOrEqual(2);
        for (const alert of alerts)
          expect(alert, at).toMatchObject({ event: story.event, incident: { id: value.id, revision: value.revision } });
        expect(alerts.at(-1)?.incident, at).toEqual(value);
        expect(await outbox(), at).toEqual([]);
      }
    }
  });

  test('while it sends, people are alerted within 90 seconds, at most twice, with one id for the receiver to fold', async () => {
    const undisturbed = guardian();
    await open(undisturbed.ports);
    const sending = (from: ReturnType<typeof guardian>) => async (ports: Ports) => {
      for (const message of from.storage.queues.alerts.take()) await send(alertMessage.parse(message), ports, console);
    };
    const steps = await stepsOf(sending(undisturbed), undisturbed);
    expect(steps).toBeGreaterThan(6);
    for (let step = 1; step <= steps; step += 1) {
      const dying = guardian();
      await open(dying.ports);
      await sending(dying)(dying.instance(dyingAt(step))).catch(() => undefined);
      for (const _ of [1, 2, 3]) await dying.halfAMinute();
      const at = `step ${step}`;
      expect(dying.alerts.length, at).toBeGreaterThanOrEqual(1);
      expect(dying.alerts.length, at).toBeLessThanOrEqual(2);
      expect(new Set(dying.alerts.map(({ incident: { id, revision } }) => `${id} ${revision}`)).size, at).toBe(1);
      expect(await dying.outbox(), at).toEqual([]);
    }
  });
});
