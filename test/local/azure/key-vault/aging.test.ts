import { describe, expect, it } from 'vitest';
import type { LocalAzure, LocalAzureOptions } from '../../../../local/azure/azure.ts';
import type { RotationPolicy } from '../../../../local/azure/types.ts';
import { later, localAzure, onStoppedClock, sender, startSeconds } from '../requests.ts';

onStoppedClock();

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Action = RotationPolicy['lifetimeActions'][number];
const rotate = (trigger: Action['trigger']): Action => ({ trigger, action: { type: 'Rotate' } });
const notify = (timeBeforeExpiry: string): Action => ({ trigger: { timeBeforeExpiry }, action: { type: 'Notify' } });

/** A vault whose policies act on time. */
function aging(options: Partial<LocalAzureOptions> = {}): LocalAzure {
  const { behaviours, ...rest } = options;
  return localAzure({ behaviours: { scheduledRotationOffMs: { least: 0, longest: 0 }, ...behaviours }, ...rest });
}

/** With a key that is there already and has a policy. */
const seeded = (lifetimeActions: readonly Action[], exp?: number): LocalAzure =>
  aging({
    vaults: [
      {
        name: 'kv-one',
        keys: [{ name: 'disk', versions: [{ created: startSeconds, ...(exp === undefined ? {} : { exp }) }] }],
        rotationPolicies: {
          disk: { lifetimeActions, expiryTime: 'P90D', created: startSeconds, updated: startSeconds },
        },
      },
    ],
  });

function versions(azure: LocalAzure) {
  azure.deliverDue();
  const state = azure.state('kv-one', 'disk');
  return state.kind === 'none' ? [] : state.versions;
}

interface Event {
  readonly type?: string;
  readonly eventType?: string;
  readonly time?: string;
  readonly eventTime?: string;
  readonly data: { readonly Version: string };
}

/** Types and times of the events that came, without those of new versions. */
function listen(azure: LocalAzure): () => readonly (readonly [string, string])[] {
  const events: Event[] = [];
  azure.onEvent(({ body }) => {
    const parsed: Event | Event[] = JSON.parse(body);
    events.push(...(Array.isArray(parsed) ? parsed : [parsed]));
  });
  return () => {
    azure.deliverDue();
    azure.flushEvents();
    return events.splice(0).flatMap(({ type, eventType, time, eventTime }) => {
      const name = (type ?? eventType ?? '').replace('Microsoft.KeyVault.', '');
      return name === 'KeyNewVersionCreated' ? [] : [[name, (time ?? eventTime ?? '').slice(0, 10)] as const];
    });
  };
}

describe('a rotation policy', () => {
  it('makes a version once its time after the making of the current one has come, which expires by the policy', () => {
    const azure = seeded([rotate({ timeAfterCreate: 'P10D' })]);
    later(10 * DAY - 1);
    expect(versions(azure)).toHaveLength(1);
    later(1);
    expect(versions(azure)).toMatchObject([
      {},
      { enabled: true, created: startSeconds + 10 * 86_400, exp: startSeconds + 100 * 86_400 },
    ]);
    later(10 * DAY);
    expect(versions(azure)).toHaveLength(3);
  });

  it('makes one a time before the expiry of a version', () => {
    const azure = seeded([rotate({ timeBeforeExpiry: 'P7D' })], startSeconds + 20 * 86_400);
    later(13 * DAY - 1);
    expect(versions(azure)).toHaveLength(1);
    later(1);
    expect(versions(azure)).toHaveLength(2);
  });

  it('never does before the expiry of a version that has none', () => {
    const azure = seeded([rotate({ timeBeforeExpiry: 'P7D' })]);
    later(3_650 * DAY);
    expect(versions(azure)).toHaveLength(1);
  });

  it('may be hours off', () => {
    const azure = seeded([rotate({ timeAfterCreate: 'P10D' })]);
    const late = localAzure({
      behaviours: { scheduledRotationOffMs: { least: 5 * HOUR, longest: 6 * HOUR } },
      vaults: [
        {
          name: 'kv-one',
          keys: [{ name: 'disk', versions: [{ created: startSeconds }] }],
          rotationPolicies: {
            disk: {
              lifetimeActions: [rotate({ timeAfterCreate: 'P10D' })],
              created: startSeconds,
              updated: startSeconds,
            },
          },
        },
      ],
    });
    later(10 * DAY + 5 * HOUR - 1);
    expect([azure, late].map((one) => versions(one).length)).toEqual([2, 1]);
    later(HOUR);
    expect(versions(late)).toHaveLength(2);
  });

  it('that is set on an older key makes its version at once, and one that is changed forgets the time it had before', async () => {
    const azure = aging({
      vaults: [{ name: 'kv-one', keys: [{ name: 'disk', versions: [{ created: startSeconds - 100 * 86_400 }] }] }],
    });
    const set = (timeAfterCreate: string) =>
      sender(azure)('PUT', '/keys/disk/rotationpolicy', { lifetimeActions: [rotate({ timeAfterCreate })] });
    await set('P90D');
    expect(versions(azure)).toHaveLength(2);
    await set('P200D');
    later(100 * DAY);
    expect(versions(azure)).toHaveLength(2);
    later(100 * DAY);
    expect(versions(azure)).toHaveLength(3);
  });

  it('counts from the newest version, whoever made it', async () => {
    const azure = seeded([rotate({ timeAfterCreate: 'P10D' })]);
    later(6 * DAY);
    await sender(azure)('POST', '/keys/disk/rotate');
    later(9 * DAY);
    expect(versions(azure)).toHaveLength(2);
    later(DAY);
    expect(versions(azure)).toHaveLength(3);
  });

  it('does nothing for a deleted key, and goes on once it is recovered', async () => {
    const azure = seeded([rotate({ timeAfterCreate: 'P10D' })]);
    await sender(azure)('DELETE', '/keys/disk');
    later(20 * DAY);
    expect(versions(azure)).toHaveLength(1);
    await sender(azure)('POST', '/deletedkeys/disk/recover');
    expect(versions(azure)).toHaveLength(1);
    later(2_000);
    expect(versions(azure)).toHaveLength(2);
  });

  it('is recorded as KeyRotateIfDue in nobody’s name, and an event tells of the version', () => {
    const azure = seeded([rotate({ timeAfterCreate: 'P10D' })]);
    const records: unknown[] = [];
    const types: string[] = [];
    azure.onAuditRecords((_region, { records: some }) => records.push(...some));
    azure.onEvent(({ eventType }) => types.push(eventType));
    later(10 * DAY);
    const [, made] = versions(azure);
    azure.flushAudit();
    azure.flushEvents();
    expect(records).toMatchObject([
      {
        operationName: 'KeyRotateIfDue',
        time: '2026-03-11T12:00:00.0000000Z',
        identity: { claim: {} },
        properties: { id: 'https://kv-one.vault.azure.net/keys/disk', httpStatusCode: 200 },
      },
    ]);
    expect(types).toEqual(['Microsoft.KeyVault.KeyNewVersionCreated']);
    expect(made?.version).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe.each(['EventGridSchema', 'CloudEventSchemaV1_0'] as const)(
  'in %s, of a version that was made',
  (eventSchema) => {
    const made = async (exp: number, lifetimeActions?: readonly Action[]) => {
      const azure = aging({ behaviours: { eventSchema } });
      const events = listen(azure);
      if (lifetimeActions !== undefined)
        await sender(azure)('PUT', '/keys/disk/rotationpolicy', {
          lifetimeActions,
          attributes: { expiryTime: 'P90D' },
        });
      await sender(azure)('POST', '/keys/disk/create', { kty: 'RSA', attributes: { exp } });
      return { azure, events };
    };
    const in90Days = startSeconds + 90 * 86_400;

    it('30 days before its expiry an event says so, and another one when it has expired', async () => {
      const { events } = await made(in90Days);
      later(60 * DAY - 1);
      expect(events()).toEqual([]);
      later(1);
      expect(events()).toEqual([['KeyNearExpiry', '2026-04-30']]);
      later(31 * DAY);
      expect(events()).toEqual([['KeyExpired', '2026-05-30']]);
    });

    it('a policy says how long before its expiry the event comes', async () => {
      const { events } = await made(in90Days, [notify('P10D')]);
      later(79 * DAY);
      expect(events()).toEqual([]);
      later(DAY);
      expect(events()).toEqual([['KeyNearExpiry', '2026-05-20']]);
    });

    it('which expires within the time, the event comes with that of its making', async () => {
      const { events } = await made(startSeconds + 86_400);
      expect(events()).toEqual([['KeyNearExpiry', '2026-03-01']]);
    });

    it('the events follow an expiry that is moved, also while it is disabled', async () => {
      const { azure, events } = await made(in90Days);
      await sender(azure)('PATCH', '/keys/disk', { attributes: { exp: in90Days + 10 * 86_400, enabled: false } });
      later(69 * DAY);
      expect(events()).toEqual([]);
      later(DAY);
      expect(events()).toEqual([['KeyNearExpiry', '2026-05-10']]);
    });
  },
);

it('a version that was there before has no events of its expiry', async () => {
  const azure = seeded([notify('P30D')], startSeconds + 86_400);
  const events = listen(azure);
  await sender(azure)('PATCH', '/keys/disk', { attributes: { exp: startSeconds + 2 * 86_400 } });
  later(10 * DAY);
  expect(events()).toEqual([]);
});
