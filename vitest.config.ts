import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Whole guardians in processes of their own, which a busy machine keeps from their time: they run after all others, one by one. */
const alone = ['test/local/demo/play.test.ts', 'test/local/upgrade.test.ts', 'test/local/guardian.test.ts'];
/** They load functions, a bundle or a module hook into their process, which takes them once: each file in one of its own. */
const ownProcess = [
  'test/bench/**',
  'test/functions/**',
  'test/local/cli/**',
  'test/local/host/**',
  ...['attack', 'build', 'costs', 'secrets-in-trail', 'start', 'start-text'].map(
    (name) => `test/local/${name}.test.ts`,
  ),
];
// `npm run infra` runs these: they read what the Bicep compiler makes.
const exclude = [...configDefaults.exclude, 'test/infra/**'];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...alone, ...ownProcess],
          // What a file imports stays loaded for the next one: loading is half of the time of most.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ownProcess.map((path) => path.replace(/\*\*$/, '**/*.test.ts')),
          exclude,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, exclude, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    environment: 'node',
    setupFiles: ['test/every-title.ts', 'test/as-it-was.ts'],
    pool: 'forks',
    // One more than cores, where the default is one less: some tests wait for processes of their own.
    maxWorkers: availableParallelism() + 1,
    // Against what hangs, not against a busy machine: no test is a measure of time by it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
