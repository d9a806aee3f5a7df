import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two at a time: each file may run ONNX Runtime on all cores or a PostgreSQL of its own.
    maxWorkers: 2,
    pool: 'forks',
  },
});
