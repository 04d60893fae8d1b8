import { describe, expect, test } from 'vitest';
import { createHistory } from '../../../../local/azure/resource-graph/history.ts';
import { later, onStoppedClock } from '../requests.ts';

onStoppedClock();

describe('a history of a map', () => {
  const noted = () => {
    const map = new Map([['a', 1]]);
    const history = createHistory<number>();
    const set = (key: string, value: number | undefined): void => {
      history.note(key, map.get(key));
      if (value === undefined) map.delete(key);
      else map.set(key, value);
    };
    return { map, history, set, seen: (agoMs: number) => [...history.asOf(map, Date.now(), agoMs)] };
  };

  test('gives values as they were: made, changed twice and removed', () => {
    const { set, seen } = noted();
    later(10);
    set('b', 1);
    later(10);
    set('b', 2);
    set('a', undefined);
    expect(seen(0)).toEqual([['b', 2]]);
    expect(seen(10)).toEqual([
      ['b', 1],
      ['a', 1],
    ]);
    expect(seen(20)).toEqual([['a', 1]]);
  });

  test('is the map itself where nothing changed within that time, and where it was forgotten', () => {
    const { map, history, set } = noted();
    set('b', 1);
    later(5);
    expect(history.asOf(map, Date.now(), 5)).toBe(map);
    expect(history.asOf(map, Date.now(), 6)).not.toBe(map);
    history.forget();
    expect(history.asOf(map, Date.now(), 6)).toBe(map);
    expect(history.revision()).toBe(1);
  });

  test('goes back an hour, and not much more is remembered', () => {
    const { set, seen } = noted();
    set('b', 1);
    later(3_600_000 - 1);
    expect(seen(3_600_000)).toEqual([['a', 1]]);
    later(4 * 3_600_000);
    set('c', 1);
    expect(seen(10 * 3_600_000)).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });
});
