import { afterEach, expect, it } from 'vitest';
import { clockAheadMs, resetClock, stopClock, turnClock } from '../../local/clock.ts';

const hour = 3_600_000;

afterEach(resetClock);

it('sets new dates and Date.now() ahead, further with each turn', () => {
  const before = Date.now();
  turnClock(hour);
  turnClock(hour);
  expect(Date.now() - before).toBeGreaterThanOrEqual(2 * hour);
  expect(Date.now() - before).toBeLessThan(2 * hour + 60_000);
  const now = new Date();
  expect(now.getTime() - before).toBeGreaterThanOrEqual(2 * hour);
  expect(clockAheadMs()).toBe(2 * hour);
});

it('leaves dates that are made from a value as they are', () => {
  turnClock(hour);
  expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
  expect(new Date('2026-01-02T03:04:05Z').getTime()).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(new Date(2026, 0).getFullYear()).toBe(2026);
  expect(Date.parse('1970-01-01T00:00:01Z')).toBe(1_000);
});

it('keeps dates made before and after the turn dates of one class', () => {
  const before = new Date();
  turnClock(hour);
  const after = new Date();
  expect(before).toBeInstanceOf(Date);
  expect(after).toBeInstanceOf(Date);
  expect(after.constructor).toBe(before.constructor);
  expect(structuredClone(after)).toEqual(after);
  class Named extends Date {}
  expect(new Named().getTime() - before.getTime()).toBeGreaterThanOrEqual(hour);
});

it('tells the turned time where Date is called without new', () => {
  turnClock(400 * 24 * hour);
  expect(Date.parse(Date()) - Date.now()).toBeLessThan(2_000);
  expect(Math.abs(Date.parse(Date()) - Date.now())).toBeLessThan(2_000);
});

it('goes back to real time when it is reset', () => {
  const before = Date.now();
  turnClock(hour);
  resetClock();
  expect(Date.now() - before).toBeLessThan(60_000);
});

it('leaves performance.now() with real time', () => {
  const before = performance.now();
  turnClock(hour);
  expect(performance.now() - before).toBeLessThan(60_000);
});

it('stands still once it is stopped, but for turns, until it is reset', () => {
  const steady = performance.now.bind(performance);
  stopClock();
  const stopped = Date.now();
  const until = steady() + 3;
  while (steady() < until);
  expect(Date.now()).toBe(stopped);
  turnClock(hour);
  expect(Date.now()).toBe(stopped + hour);
  stopClock();
  expect(Date.now()).toBe(stopped + hour);
  resetClock();
  expect(Date.now()).toBeGreaterThan(stopped);
});

it('stops performance.now() with the date, turns it too, and lets it go on once it is reset', () => {
  const before = performance.now();
  stopClock();
  const stopped = performance.now();
  expect(stopped).toBeGreaterThanOrEqual(before);
  turnClock(hour);
  expect(performance.now()).toBeCloseTo(stopped + hour, 3);
  resetClock();
  expect(performance.now()).toBeLessThan(stopped + hour);
});
