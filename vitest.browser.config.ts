import { defineConfig } from 'vitest/config';

/** Tests that need Chromium: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 400_000,
    hookTimeout: 400_000,
    maxWorkers: 1,
    pool: 'forks',
  },
});
