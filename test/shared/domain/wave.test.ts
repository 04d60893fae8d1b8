import { describe, expect, test } from 'vitest';
import { type WaveState, withOpened } from '../../../shared/domain/wave.ts';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 2, 1, 12) + seconds * 1_000);
const openedAt = (...seconds: readonly number[]): WaveState | undefined =>
  seconds.reduce<WaveState | undefined>(
    (state, each, place) => withOpened(state, `disk-${place}`, at(each), at(each)),
    undefined,
  );

describe('keys of one vault with incidents', () => {
  test.each<[string, readonly number[], begins: number | 'none']>([
    ['five at once', [0, 0, 0, 0, 0], 'none'],
    ['six at once', [0, 0, 0, 0, 0, 0], 0],
    ['the sixth just within five minutes of the first', [0, 1, 2, 3, 4, 299], 0],
    ['the sixth five minutes after the first', [0, 1, 2, 3, 4, 300], 'none'],
    ['one a minute', [0, 60, 120, 180, 240, 300, 360, 420], 'none'],
    ['five, and six more later', [0, 1, 2, 3, 4, 900, 901, 902, 903, 904, 905], 900],
  ])('%s: the wave begins with the second %s', (_, seconds, begins) => {
    expect(openedAt(...seconds)?.wave?.since).toEqual(begins === 'none' ? undefined : at(begins));
  });

  test.each<[string, readonly number[], begins: number | 'none']>([
    ['six in another order', [50, 40, 0, 10, 30, 20], 0],
    ['six of ten minutes', [300, 301, 302, 599, 20, 21], 'none'],
    ['five, and one of an hour before', [3_600, 3_601, 3_602, 3_603, 3_604, 0], 'none'],
  ])('whose actor becomes known an hour later, %s: the wave begins with the second %s', (_, seconds, begins) => {
    const state = seconds.reduce<WaveState | undefined>(
      (known, each, place) => withOpened(known, `disk-${place}`, at(each), at(7_200)),
      undefined,
    );
    expect(state?.wave?.since).toEqual(begins === 'none' ? undefined : at(begins));
    // It is not over before none has been named for five minutes.
    if (begins !== 'none') expect(state?.recent.at(-1)?.at).toEqual(at(7_200));
  });

  test('note the newest of a wave once a minute, so that many at once do not wait for each other', () => {
    const state = openedAt(0, 0, 0, 0, 0, 0);
    expect(withOpened(state, 'next', at(59), at(59))).toBe(state);
    expect(withOpened(state, 'next', at(60), at(60)).recent.at(-1)).toEqual({ key: 'next', at: at(60) });
  });

  test('stay one wave as long as it is not closed, however slowly they come', () => {
    const state = openedAt(0, 0, 0, 0, 0, 0);
    expect(withOpened(state, 'next', at(7_200), at(7_200)).wave).toEqual({ since: at(0) });
  });

  test('count a key once, however often it is attacked or opening its incident is tried again', () => {
    const again = Array.from({ length: 9 }).reduce<WaveState | undefined>(
      (state, _, place) => withOpened(state, 'the same', at(place), at(place)),
      undefined,
    );
    expect(again).toEqual({ recent: [{ key: 'the same', at: at(0) }] });
  });
});
