import { expect, test } from 'vitest';
import type { LogRow, Period, Workspace } from '../../../shared/domain/workspace.ts';
import { WorkspaceUnreachable } from '../../../shared/errors.ts';
import { auditEvents, type EventRow, useIn } from '../../../shared/senses/audit-events.ts';

const FROM = new Date('2031-03-01T12:00:00.000Z');
const window = (seconds: number): Period => ({ from: FROM, until: new Date(FROM.getTime() + seconds * 1_000) });
const row = (Vault: string): LogRow => ({ Kind: 'event', Vault, Time: '2031-03-01T12:00:00.0000000Z', Identity: null });
const tooMuch = new WorkspaceUnreachable('querying', undefined, { status: 200, code: 'PartialError' });

/** A workspace that takes windows of at most so many seconds. */
function takingSeconds(most: number): Workspace & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    id: 'w',
    asked,
    async query(text) {
      const [from = '', until = ''] = [...text.matchAll(/datetime\(([^)]+)\)/g)].map(([, at]) => at);
      asked.push(`${from.slice(11, 19)} to ${until.slice(11, 19)}`);
      if (Date.parse(until) - Date.parse(from) > most * 1_000) throw tooMuch;
      return [row('payments'), row('other')];
    },
  };
}

test('audit events that one answer does not take are read in halves, in order, those of the given vaults alone', async () => {
  const workspace = takingSeconds(60);
  const parts = await Array.fromAsync(auditEvents(workspace, ['payments'], window(120)));
  expect(workspace.asked).toEqual(['12:00:00 to 12:02:00', '12:00:00 to 12:01:00', '12:01:00 to 12:02:00']);
  expect(parts.map(({ rows }) => rows.map(({ Vault }) => Vault))).toEqual([['payments'], ['payments']]);
  expect(parts.map(({ window: { until } }) => until.toISOString().slice(11, 19))).toEqual(['12:01:00', '12:02:00']);
});

test('audit events of ten seconds that one answer does not take cannot be read', async () => {
  await expect(Array.fromAsync(auditEvents(takingSeconds(0), ['payments'], window(40)))).rejects.toBe(tooMuch);
});

const used = (more: Partial<EventRow>): EventRow => ({
  Kind: 'use',
  Vault: 'payments',
  Time: '2031-03-01T12:00:00.0000000Z',
  Identity: { claim: { appid: 'AAAA' } },
  Oid: 'BBBB',
  Id: `https://payments.vault.azure.net/keys/disk-a/${'1'.repeat(32)}`,
  ...more,
});

test('a use is by an object id and by the application that called for itself', () => {
  expect(useIn(used({}))).toEqual({ key: 'disk-a', version: '1'.repeat(32), callers: ['bbbb', 'aaaa'], at: FROM });
});

test.each([
  ['is another kind of row', { Kind: 'event' }],
  ['names no version', { Id: 'https://payments.vault.azure.net/keys/disk-a' }],
  ['names a key of another vault', { Id: `https://other.vault.azure.net/keys/disk-a/${'1'.repeat(32)}` }],
] as const)('a row that %s shows no use', (_, more) => {
  expect(useIn(used(more))).toBeUndefined();
});
