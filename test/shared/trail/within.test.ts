import { expect, test } from 'vitest';
import { within } from '../../../shared/trail/within.ts';

const never = new Promise<never>(() => {});
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('gives what comes in time, and waits for nothing more', async () => {
  const before = timers();
  expect(await within(1_000, 'spooling records', Promise.resolve('spooled'))).toBe('spooled');
  expect(timers()).toBe(before);
});

test('throws what the call throws in time, and waits for nothing more', async () => {
  const before = timers();
  const refused = new Error('refused');
  await expect(within(1_000, 'spooling records', Promise.reject(refused))).rejects.toBe(refused);
  expect(timers()).toBe(before);
});

test('gives what was there before it was asked for, however short the time', async () => {
  expect(await within(0, 'spooling records', Promise.resolve('spooled'))).toBe('spooled');
});

test('says what was being done and for how long where nothing came', async () => {
  await expect(within(5, 'spooling records', never)).rejects.toMatchObject({
    name: 'StorageUnreachable',
    message: expect.stringContaining(': spooling records.'),
    status: undefined,
    cause: { message: 'No answer within 5 ms.' },
  });
});

test('does not hear what the call throws too late', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await expect(within(5, 'spooling records', promise)).rejects.toMatchObject({ name: 'StorageUnreachable' });
  reject(new Error('too late')); // heard by nobody, it would fail this run
  await new Promise(setImmediate);
});
