import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run infra` runs these: they read what the Bicep compiler makes.
    exclude: [...configDefaults.exclude, 'test/infra/**'],
    environment: 'node',
    setupFiles: ['test/every-title.ts'],
    pool: 'forks',
    // One more than cores, where the default is one less: some tests wait for processes of their own.
    maxWorkers: availableParallelism() + 1,
    // Against what hangs, not against a busy machine: no test is a measure of time by it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
