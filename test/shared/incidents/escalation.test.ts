import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { keyOf, partitionOf } from '../../../shared/domain/subject.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import {
  ESCALATIONS,
  incidentOfEscalation,
  nextEscalationAt,
  planEscalation,
  quartersGone,
} from '../../../shared/incidents/escalation.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';
import { incident } from '../alerts/alerts.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const at = (time: string): Date => new Date(`2026-03-01T${time}Z`);

/** The act is at 12:00, the deadline at 13:00. */
describe('the next escalation', () => {
  test.each<[now: string, quarters: number, next: string]>([
    ['11:59:59', 0, '12:15:00'], // the vault's clock may be ahead of ours
    ['12:00:00', 0, '12:15:00'],
    ['12:14:59', 0, '12:15:00'],
    ['12:15:00', 1, '12:30:00'],
    ['12:29:59', 1, '12:30:00'],
    ['12:30:00', 2, '12:45:00'],
    ['12:44:59', 2, '12:45:00'],
    ['12:45:00', 3, 'none'],
    ['14:00:00', 3, 'none'],
  ])('at %s, %i quarters are over, and next: %s', (now, quarters, next) => {
    expect(quartersGone(incident(), at(now))).toBe(quarters);
    expect(nextEscalationAt(incident(), at(now))).toEqual(next === 'none' ? undefined : at(next));
  });

  test.each<[string, Partial<Incident>]>([
    ['what is resolved', { state: 'resolved' }],
    ['what somebody works on', { acknowledged: { by: { oid: 'a-person' }, at: at('12:05:00') } }],
    ['what has no deadline', { deadline: undefined }],
  ])('is none for %s', (_, more) => {
    expect(nextEscalationAt(incident(more), at('12:05:00'))).toBeUndefined();
  });
});

test('a nearer deadline brings the next escalation nearer, and a later one does not put it off', async () => {
  const { ports } = await createWorld({ vaults: [{ name: 'payments' }], policy: { vaults: [{ name: 'payments' }] } });
  const opened = incident({ since: ports.now(), deadline: later(ports.now(), HOUR_MS) });
  const planned = async (deadline: Date) => {
    await planEscalation({ ...opened, deadline }, ports);
    const row = await ports.tables.schedule.get(ESCALATIONS, `${partitionOf(opened.subject)},${opened.id}`);
    return (row?.value.dueAt.getTime() ?? 0) - opened.since.getTime();
  };
  expect(await planned(later(opened.since, HOUR_MS))).toBe(HOUR_MS / 4);
  expect(await planned(later(opened.since, HOUR_MS / 2))).toBe(HOUR_MS / 8);
  expect(await planned(later(opened.since, 2 * HOUR_MS))).toBe(HOUR_MS / 8);
});

test('the row of an escalation names where its incident stands, for a key and for a disk encryption set', () => {
  const set = {
    kind: 'disk-encryption-set',
    id: '/subscriptions/s/resourcegroups/a,b/providers/microsoft.compute/diskencryptionsets/d',
  } as const;
  for (const subject of [keyOf({ vault: 'payments', key: 'disk-key' }), set]) {
    const partition = partitionOf(subject);
    expect(incidentOfEscalation(`${partition},incident-1`)).toEqual({ partition, id: 'incident-1' });
  }
});
