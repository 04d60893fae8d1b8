import { describe, expect, it } from 'vitest';
import { headLines, stepLine } from '../../../local/demo/text.ts';

const restored = {
  name: 'disable',
  ok: true,
  actedAt: '2026-03-01T12:00:00.005Z',
  detectedAt: '2026-03-01T12:00:01.250Z',
  restoredAt: '2026-03-01T12:00:01.500Z',
  restoreMs: 1_495,
};

describe('the line of a step', () => {
  it.each([
    [
      'restored',
      restored,
      'ok    disable                     acted 12:00:00.005  seen 12:00:01.250  restored 12:00:01.500  1495 ms',
    ],
    [
      'told',
      { ...restored, name: 'purge-is-told', restoredAt: null, restoreMs: null },
      'ok    purge-is-told               acted 12:00:00.005  seen 12:00:01.250  restored -',
    ],
    [
      'never seen',
      { ...restored, ok: false, detectedAt: null, restoredAt: null, restoreMs: null },
      'FAIL  disable                     acted 12:00:00.005  seen -             restored -',
    ],
    [
      'restored at once',
      { ...restored, restoreMs: 0 },
      'ok    disable                     acted 12:00:00.005  seen 12:00:01.250  restored 12:00:01.500  0 ms',
    ],
  ])('that was %s', (_, step, line) => {
    expect(stepLine(step)).toBe(line);
  });
});

it('says above the steps how fast it goes here, and by which seed', () => {
  expect(headLines(42).split('\n')).toEqual([
    'Here each vault is swept every 2 s and audit records are 1 s late; in Azure it is 60 s and 3 to 10 minutes.',
    'Chance in the local Azure (ids, orders) comes from seed 42; "--seed 42" starts it from there again.',
    '',
  ]);
});
