/**
 * Loaded before every test file (`setupFiles` in `vitest.config.ts`): files of one process share what is loaded, so each
 * leaves clock, timers and environment as they were.
 */
import { afterAll } from 'vitest';
import { resetClock } from '../local/clock.ts';

const { env } = process;
const before = { ...env };
const { setTimeout } = globalThis;

afterAll(() => {
  resetClock();
  globalThis.setTimeout = setTimeout;
  process.env = env;
  for (const name of Object.keys(env)) if (!(name in before)) delete env[name];
  Object.assign(env, before);
});
