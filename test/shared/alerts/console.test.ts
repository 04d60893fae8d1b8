import { expect, test } from 'vitest';
import { consoleChannel } from '../../../shared/alerts/console.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import { alert } from './alerts.ts';

const now = new Date('2026-03-01T12:00:20Z');

test('the console shows the first line, and below it the details, each set in', async () => {
  const written: string[] = [];
  const channel = consoleChannel({}, { fetch, now: () => now, write: (text) => void written.push(text) });
  await channel?.send(alert());
  expect(written).toHaveLength(1);
  const [first, ...details] = written[0]?.split('\n') ?? [];
  expect(first).toBe(firstLine(alert(), now));
  expect(details).toEqual(detailLines(alert()).map((line) => `  ${line}`));
});
