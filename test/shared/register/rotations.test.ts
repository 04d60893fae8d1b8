import { expect, test } from 'vitest';
import { later, MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { takeRotation } from '../../../shared/register/rotations.ts';
import { typedTables } from '../../../shared/register/tables.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeTable } from '../../fakes/storage.ts';

const NOW = new Date('2026-04-06T12:00:00Z');
const after = (ms: number): Date => later(NOW, ms);

function subscription() {
  const tables = typedTables(() => fakeTable(), fakeSigner());
  return (vault: string, ms: number, perHour = 3): Promise<boolean> =>
    takeRotation(tables, { subscription: 's', vault }, perHour, after(ms));
}

test('a subscription has so many rotations within an hour, and the next once the hour of the first is over', async () => {
  const take = subscription();
  const at = [0, 1, 2, 3, 59, 60].map((minutes) => minutes * MINUTE_MS);
  const taken: boolean[] = [];
  for (const ms of at) taken.push(await take('one', ms));
  expect(taken).toEqual([true, true, true, false, false, true]);
});

test('a vault has one rotation within ten seconds, whatever the others have', async () => {
  const take = subscription();
  expect([await take('one', 0), await take('one', 10 * SECOND_MS - 1), await take('two', 10 * SECOND_MS - 1)]).toEqual([
    true,
    false,
    true,
  ]);
  expect(await take('one', 10 * SECOND_MS)).toBe(true);
});

test('what a wrong clock noted ahead keeps back none', async () => {
  const take = subscription();
  await take('one', 3 * 60 * MINUTE_MS, 1);
  expect(await take('one', 0, 1)).toBe(true);
});
