import type { Figure } from './figure.ts';

const row = (name: string, value: string, unit: string, target: string, ok: string, took: string): string =>
  `${name.padEnd(34)}${value.padStart(12)}  ${unit.padEnd(16)}${target.padStart(8)}  ${ok.padEnd(6)}${took.padStart(8)}`.trimEnd();

/** The head of the table of figures. */
export const tableHead = (): string => row('figure', 'value', 'unit', 'target', 'ok', 'took');

/** A figure as a line of it. @param tookMs how long its measurement took; left out for all but the first figure of one */
export const tableLine = ({ name, value, unit, target, ok }: Figure, tookMs?: number): string =>
  row(
    name,
    String(value),
    unit,
    target === null ? '-' : String(target),
    ok ? 'ok' : 'MISSED',
    tookMs === undefined ? '' : `${(tookMs / 1_000).toFixed(1)} s`,
  );
