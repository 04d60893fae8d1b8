import type { Scene } from '../fact.ts';
import { answers } from './answers.ts';
import { dates } from './dates.ts';
import { deletion } from './deletion.ts';
import { disable } from './disable.ts';
import { operations } from './operations.ts';
import { pages } from './pages.ts';
import { purge } from './purge.ts';
import { rights } from './rights.ts';
import { versions } from './versions.ts';

/** Every scene, in the order in which they are played: one file each. */
export const scenes: readonly Scene[] = [answers, disable, operations, dates, versions, deletion, purge, rights, pages];
