import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../../shared/domain/audit-record.ts';
import type { AlertMessage } from '../../../shared/domain/incident.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { type ChannelAnswer, testChannel } from '../../../shared/incidents/channel-test.ts';
import { messagesOf } from '../../../shared/register/messages.ts';
import { typedTables } from '../../../shared/register/tables.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeQueue, fakeTable } from '../../fakes/storage.ts';

const BY = { oid: '0f0e0d0c-0000-4000-8000-000000000002', name: 'ops@contoso.example' };

/** A test at one second to midnight, whose answer is recorded after so many pauses of a second, with this detail. */
async function tested(afterPauses: number, detail: Readonly<Record<string, string>>) {
  const tables = typedTables(() => fakeTable(), fakeSigner());
  const queue = fakeQueue();
  const state = { now: new Date('2026-03-01T23:59:59Z'), pauses: 0 };
  const read: string[] = [];
  const recordOf = async (): Promise<AuditRecord> => {
    const [stored] = (await tables.incidents.list()).stored;
    const about = { incident: stored?.value.id ?? '', channel: 'teams', ...detail };
    const recordedAt = new Date(Date.UTC(2026, 2, 1, 23, 59, 59 + afterPauses));
    const links = { v: 1, sequence: 1, previousHash: '', hash: '' } as const;
    return { id: 'r1', time: recordedAt, what: 'alert', subject: GUARDIAN, detail: about, ...links };
  };
  const needs = {
    tables,
    queues: { alerts: messagesOf<AlertMessage>(queue) },
    trail: {
      read: async (_: unknown, day: Date) => {
        const asked = day.toISOString().slice(0, 10);
        read.push(asked);
        const record = await recordOf();
        return state.pauses >= afterPauses && record.time.toISOString().startsWith(asked) ? [record] : [];
      },
    },
    now: () => state.now,
    newId: () => 'id-1',
  };
  const pause = async (): Promise<void> => {
    state.pauses += 1;
    state.now = new Date(state.now.getTime() + 1_000);
  };
  const answer = await testChannel('teams', BY, needs, pause, 5);
  const rows = (await tables.outbox.list()).stored.map(({ value }) => value.event);
  const incidents = (await tables.incidents.list()).stored.map(({ value }) => value.state);
  return { answer, rows, incidents, read: new Set(read) };
}

describe('a test of a channel', () => {
  test.each<[string, number, Readonly<Record<string, string>>, ChannelAnswer]>([
    ['that accepts at once', 0, { outcome: 'accepted' }, { kind: 'accepted' }],
    ['that accepts on the next day', 2, { outcome: 'accepted' }, { kind: 'accepted' }],
    ['that refuses', 1, { outcome: 'refused', because: 'status 429' }, { kind: 'refused', because: 'status 429' }],
    ['without settings', 1, { outcome: 'not-configured', channel: '' }, { kind: 'not-configured' }],
    ['at the last pause', 5, { outcome: 'accepted' }, { kind: 'accepted' }],
    ['of which nothing is recorded in time', 6, { outcome: 'accepted' }, { kind: 'no-answer' }],
    [
      'of which only another channel is recorded',
      0,
      { outcome: 'accepted', channel: 'pagerduty' },
      { kind: 'no-answer' },
    ],
  ])('%s says so, and leaves only the alert that resolves it', async (_, afterPauses, detail, answer) => {
    const came = await tested(afterPauses, detail);
    expect(came).toMatchObject({ answer, rows: ['resolved'], incidents: ['resolved'] });
  });

  test('reads the trail of both days when it begins before midnight', async () => {
    expect((await tested(2, { outcome: 'accepted' })).read).toEqual(new Set(['2026-03-01', '2026-03-02']));
  });
});
