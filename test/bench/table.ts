import type { Figure } from './figure.ts';

const row = (name: string, value: string, unit: string, target: string, ok: string): string =>
  `${name.padEnd(34)}${value.padStart(12)}  ${unit.padEnd(16)}${target.padStart(8)}  ${ok}`.trimEnd();

/** The head of the table of figures. */
export const tableHead = (): string => row('figure', 'value', 'unit', 'target', 'ok');

/** A figure as a line of it. */
export const tableLine = ({ name, value, unit, target, ok }: Figure): string =>
  row(name, String(value), unit, target === null ? '-' : String(target), ok ? 'ok' : 'MISSED');
