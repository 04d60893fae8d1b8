import { describe, expect, test } from 'vitest';
import { detailLines, duration, firstLine } from '../../../shared/alerts/text.ts';
import { alert, withoutDeadline } from './alerts.ts';

const summary = 'Version abc of disk-key in payments is disabled.';
const at = (time: string): Date => new Date(`2026-03-01T${time}Z`);

describe('the first line', () => {
  const restoredAt = at('12:00:29.900');
  const until = 'at 2026-03-01 13:00:00 UTC';
  const since = 'since 2026-03-01 13:00:00 UTC';
  const warning = withoutDeadline(alert({ severity: 'warning' }));
  const restored = alert({ restoredAt }, 'changed');
  const over = alert({ restoredAt, state: 'resolved' }, 'resolved');
  const mended = alert({ state: 'resolved' }, 'resolved');

  test.each([
    ['says how long disks still work', alert(), '12:00:20', `critical: disks fail in 59 min, ${until}: ${summary}`],
    ['counts seconds in the last minute', alert(), '12:59:30', `critical: disks fail in 30 s, ${until}: ${summary}`],
    [
      'says at the deadline that they may fail',
      alert(),
      '13:00:00',
      `critical: disks may be failing for 0 s, ${since}: ${summary}`,
    ],
    [
      'says how long they may be failing',
      alert(),
      '14:05:00',
      `critical: disks may be failing for 1 h 5 min, ${since}: ${summary}`,
    ],
    ['names no deadline where nothing stops working', warning, '12:00:20', `warning: ${summary}`],
    ['says how soon it was restored', restored, '12:00:40', `critical: restored after 29 s: ${summary}`],
    ['says that it is over', over, '12:01:00', `resolved: restored after 29 s: what was found: ${summary}`],
    ['names no deadline where people mended it', mended, '12:30:00', `resolved: what was found: ${summary}`],
  ])('%s', (_, message, time, line) => {
    expect(firstLine(message, at(time))).toBe(line);
  });
});

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [3_660_000, '1 h 1 min'],
  [86_399_999, '23 h 59 min'],
  [86_400_000, '1 d'],
  [97_200_000, '1 d 3 h'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

describe('the lines below', () => {
  test('say what, where, who, when, what was done and what to do', () => {
    const message = alert({
      who: { oid: '7a', name: 'Mallory', address: '203.0.113.7' },
      restoredAt: at('12:00:29'),
      judgement: 'undone',
      command: 'key-guardian restore payments/disk-key',
    });
    expect(detailLines(message)).toEqual([
      'what: version-disabled',
      'where: payments/disk-key/abc',
      'who: Mallory (7a) from 203.0.113.7',
      'happened: 2026-03-01 12:00:00 UTC',
      'detected: 2026-03-01 12:00:20 UTC',
      'restored: 2026-03-01 12:00:29 UTC',
      'deadline: 2026-03-01 13:00:00 UTC',
      'done: undone',
      'command: key-guardian restore payments/disk-key',
      'incident: incident-1, revision 1',
    ]);
  });

  test('leave out what is not known', () => {
    const lines = detailLines(alert({ subject: { vault: 'payments' } }));
    expect(lines).toContain('where: payments');
    expect(lines).toContain('who: not known yet');
    expect(lines.some((line) => line.startsWith('restored') || line.startsWith('command'))).toBe(false);
  });

  test.each([
    ['a line end', 'Mallory\r\ndone: undone'],
    ['a line separator', 'Mallory\u2028done: undone'],
    ['a terminal sequence', 'Mallory\u001b[2Jdone: undone'],
    ['a change of direction', 'Mallory\u202edone: undone'],
  ])('cannot be forged by a name with %s', (_, name) => {
    const message = alert({ who: { oid: '7a', name }, summary: name });
    for (const line of [firstLine(message, at('12:00:00')), ...detailLines(message)]) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(detailLines(message)).toHaveLength(detailLines(alert({ who: { oid: '7a', name: 'Mallory' } })).length);
  });
});
