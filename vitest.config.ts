import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run infra` runs these: they read what the Bicep compiler makes.
    exclude: [...configDefaults.exclude, 'test/infra/**'],
    environment: 'node',
    setupFiles: ['test/every-title.ts'],
    pool: 'forks',
    // One less by default, which on two cores is one.
    maxWorkers: '100%',
    // Against what hangs, not against a busy machine: no test is a measure of time by it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
