import { expect, test } from 'vitest';
import type { AlertLog } from '../../../shared/alerts/channel.ts';
import { consoleChannel } from '../../../shared/alerts/console.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { alert } from './alerts.ts';
import { needsAt } from './needs.ts';

const now = new Date('2026-03-01T12:00:20Z');

async function recordsOf(content: AlertContent): Promise<readonly (readonly [keyof AlertLog, string])[]> {
  const records: [keyof AlertLog, string][] = [];
  const channel = consoleChannel({}, needsAt(now));
  await channel?.send(content, {
    error: (text) => void records.push(['error', text]),
    warn: (text) => void records.push(['warn', text]),
    info: (text) => void records.push(['info', text]),
  });
  return records;
}

test('the console shows the first line, and below it the details, each set in, as one record', async () => {
  const records = await recordsOf(alert());
  expect(records).toHaveLength(1);
  const [first, ...details] = records[0]?.[1].split('\n') ?? [];
  expect(first).toBe(firstLine(alert(), now));
  expect(details).toEqual(detailLines(alert(), now).map((line) => `  ${line}`));
});

test.each([
  ['for on-call', 'error', alert({ audience: 'on-call' })],
  ['for on-call, of a change', 'error', alert({ audience: 'on-call' }, 'changed')],
  ['for operators', 'warn', alert({ audience: 'operators' })],
  ['of an incident that is resolved', 'info', alert({ state: 'resolved' }, 'resolved')],
  ['of one that was resolved before anybody was alerted', 'info', alert({ state: 'resolved' }, 'opened')],
])('an alert %s has the level %s', async (_, level, content) => {
  expect((await recordsOf(content)).map(([given]) => given)).toEqual([level]);
});
