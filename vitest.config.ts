import { defineConfig } from 'vitest/config';

export default defineConfig({
  // graphql refuses a schema made by a second copy of itself: take the file that Node takes for the packages that use it.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts', 'web/src/**/*.test.ts'],
    // They need a browser: `npm run test:browser`.
    exclude: ['test/browser/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two at a time: each file may run ONNX Runtime on all cores or a PostgreSQL of its own.
    maxWorkers: 2,
    pool: 'forks',
  },
});
