import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.ts';

const isSlow = process.env.PAWL_TEST_SLOW === '1';

export default defineConfig({
  test: {
    // Slow suites run by `npm run test:slow` alone.
    include: [isSlow ? 'test/**/*.slow.test.ts' : 'test/**/*.test.ts'],
    exclude: isSlow ? [] : ['test/**/*.slow.test.ts'],
    reporters: ['default', './test/support/skip-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patience(30_000),
    hookTimeout: patience(120_000),
  },
});
