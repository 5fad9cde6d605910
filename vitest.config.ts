import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.ts';

const isSlow = process.env.PAWL_TEST_SLOW === '1';
const slow = 'test/**/*.slow.test.ts';
/** Suites of functions alone: they leave nothing in a process, so that one process runs many of them. */
const pure = 'test/{contracts,numerics,policy,report}/**/*.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/skip-reporter.ts'],
    globalSetup: './test/support/compiled.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patience(30_000),
    hookTimeout: patience(120_000),
    // Slow suites run by `npm run test:slow` alone.
    projects: isSlow
      ? [{ extends: true, test: { name: 'slow', include: [slow] } }]
      : [
          { extends: true, test: { name: 'pure', include: [pure], exclude: [slow], isolate: false } },
          { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: [slow, pure] } },
        ],
  },
});
