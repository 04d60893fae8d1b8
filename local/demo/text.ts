import { paceLine } from '../pace.ts';
import { seedLine } from '../seed.ts';
import type { StepResult } from './scene.ts';

/** What stands above the steps: how fast it goes here, and by which seed. */
export const headLines = (seed: number): string => `${paceLine}\n${seedLine(seed)}\n`;

/** A step in one line: whether it is as it should be, its name, and its moments by the local Azure's clock (UTC). */
export function stepLine({ name, ok, actedAt, detectedAt, restoredAt, restoreMs }: StepResult): string {
  const parts = [
    ok ? 'ok  ' : 'FAIL',
    name.padEnd(26),
    `acted ${clock(actedAt)}`,
    `seen ${clock(detectedAt)}`,
    `restored ${clock(restoredAt)}`,
    restoreMs === null ? '' : `${restoreMs} ms`,
  ];
  return parts.join('  ').trimEnd();
}

const CLOCK_WIDTH = 'hh:mm:ss.mmm'.length;
const clock = (at: string | null): string => (at === null ? '-' : at.slice(11, 23)).padEnd(CLOCK_WIDTH);
