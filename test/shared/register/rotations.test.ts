import { expect, test } from 'vitest';
import { later, MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { giveBackRotation, takeRotation } from '../../../shared/register/rotations.ts';
import { typedTables } from '../../../shared/register/tables.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeTable } from '../../fakes/storage.ts';

const NOW = new Date('2026-04-06T12:00:00Z');
const after = (ms: number): Date => later(NOW, ms);

function subscription() {
  const tables = typedTables(() => fakeTable(), fakeSigner());
  const one = (key: string) => ({ subscription: 's', vault: key.split('/')[0] ?? '', key: key.split('/')[1] ?? '' });
  return {
    take: (key: string, ms: number, perHour = 3) => takeRotation(tables, one(key), perHour, after(ms)),
    giveBack: (key: string) => giveBackRotation(tables, one(key)),
  };
}

test('a subscription has so many rotations within an hour, and the next once the hour of the first is over', async () => {
  const { take } = subscription();
  const at = [0, 1, 2, 3, 59, 60].map((minutes) => minutes * MINUTE_MS);
  const taken: boolean[] = [];
  for (const ms of at) taken.push(await take(`one/${ms}`, ms));
  expect(taken).toEqual([true, true, true, false, false, true]);
});

test('a key has one rotation of the hour at most: what a worker took and left is there for the next', async () => {
  const { take } = subscription();
  expect([await take('one/a', 0, 1), await take('one/a', MINUTE_MS, 1)]).toEqual([true, true]);
  expect(await take('one/b', 60 * MINUTE_MS, 1)).toBe(false);
});

test('a rotation of the hour that was given back is there for another key', async () => {
  const { take, giveBack } = subscription();
  await take('one/a', 0, 1);
  expect(await take('one/b', MINUTE_MS, 1)).toBe(false);
  await giveBack('one/a');
  expect(await take('one/b', MINUTE_MS, 1)).toBe(true);
});

test('a vault has one rotation within ten seconds, whatever the others have', async () => {
  const { take } = subscription();
  const near = 10 * SECOND_MS - 1;
  expect([await take('one/a', 0), await take('one/b', near), await take('two/a', near)]).toEqual([true, false, true]);
  expect(await take('one/b', 10 * SECOND_MS)).toBe(true);
});

test('what a wrong clock noted ahead keeps back none', async () => {
  const { take } = subscription();
  await take('one/a', 3 * 60 * MINUTE_MS, 1);
  expect(await take('one/b', 0, 1)).toBe(true);
});
