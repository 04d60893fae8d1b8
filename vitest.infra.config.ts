import { defineConfig } from 'vitest/config';

/** The tests that `npm run infra` runs, over what the Bicep compiler made just before. `npm test` leaves them out: it needs nothing but Node. */
export default defineConfig({
  test: {
    include: ['test/infra/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/every-title.ts'],
    testTimeout: 60_000,
  },
});
