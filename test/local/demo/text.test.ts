import { describe, expect, it } from 'vitest';
import type { StepResult } from '../../../local/demo/scene.ts';
import { endLine, headLines, stepLine } from '../../../local/demo/text.ts';

const undone: StepResult = {
  name: 'disable',
  ok: true,
  actor: 'mallory@contoso.example',
  act: 'disabled demo-disks/disk-a',
  outcome: 'undone by the guardian after 1.8 s',
  alerts: [
    {
      kind: 'version-disabled',
      audience: 'on-call',
      title: 'critical: …',
      summary: 'Version 1 of demo-disks/disk-a is disabled.',
    },
  ],
  actedAt: '2026-03-01T12:00:00.005Z',
  detectedAt: '2026-03-01T12:00:01.250Z',
  restoredAt: '2026-03-01T12:00:01.805Z',
  restoreMs: 1_800,
};

describe('the line of a step says', () => {
  it.each([
    [
      'who did what, what came of it, and what was told to whom',
      undone,
      'ok    disable                         mallory disabled demo-disks/disk-a; undone by the guardian after 1.8 s; told on-call: "critical: …"',
    ],
    [
      'that nobody was told',
      { ...undone, ok: false, outcome: 'not undone', alerts: [] },
      'FAIL  disable                         mallory disabled demo-disks/disk-a; not undone; told nobody',
    ],
    [
      'what was found, where nobody acted',
      { ...undone, name: 'chain-holds', actor: null, act: null, outcome: 'the chain holds', alerts: [] },
      'ok    chain-holds                     the chain holds',
    ],
  ])('%s', (_, step, line) => {
    expect(stepLine(step)).toBe(line);
  });
});

describe('above the steps', () => {
  const pace = [
    'Here each vault is swept every 5 s and audit records are 1 s late; in Azure it is 60 s and 3 to 10 minutes.',
    'Chance in the local Azure (ids, orders) comes from seed 42; "--seed 42" starts it from there again.',
    '',
  ];

  it('stands who is told, how fast it goes here, and by which seed', () => {
    expect(headLines(42, true).split('\n')).toEqual([
      "Alerts go to a signed webhook and to a Teams channel of the demo's own, which stand for whoever is on call.",
      ...pace,
    ]);
  });

  it('stands first of all, without a guardian, that every step is meant to fail', () => {
    expect(headLines(42, false).split('\n')).toEqual([
      'No guardian runs: every step below is MEANT TO FAIL, and shows what becomes of keys without one.',
      ...pace,
    ]);
  });
});

describe('below the steps', () => {
  const step = (name: string, ok: boolean) => ({ name, ok });
  it.each([
    ['all is well', [step('disable', true)], true, 'Every step is as it should be.'],
    ['which are not', [step('disable', true), step('delete', false)], true, 'Not as it should be: delete.'],
    ['that they failed as meant', [step('disable', false)], false, 'Every step failed, as meant: no guardian ran.'],
    [
      'which did not fail',
      [step('disable', true), step('delete', false)],
      false,
      'Not as meant: without a guardian these did not fail: disable.',
    ],
  ])('stands %s', (_, steps, guarded, line) => {
    expect(endLine(steps, guarded)).toBe(line);
  });
});
