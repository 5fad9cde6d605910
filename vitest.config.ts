import { defineConfig } from 'vitest/config';
import { patience } from './test/support/patience.ts';

const isSlow = process.env.PAWL_TEST_SLOW === '1';
const slow = 'test/**/*.slow.test.ts';
const gateway = 'test/gateway/**/*.test.ts';
/** Suites of functions alone: they leave nothing in a process, so that one process runs many of them. */
const pure = 'test/{contracts,numerics,policy,report}/**/*.test.ts';
/** What they open they close, and a process that is kept imports libraries once. */
const kept = 'test/{activities,cases,data,gateway,onnx,ports,quantize,training,workflows}/**/*.test.ts';
/** They measure turns of the event loop or memory, or set what a process has once: each has a process of its own. */
const own = [
  'test/{cli,setup}/**/*.test.ts',
  'test/gateway/{bytes,turns,turns-wide}.test.ts',
  // It watches a module, which other tests must not have loaded.
  'test/cases/read-parts.test.ts',
  'test/ports/prediction-log-{live-budget,set-aside}.test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/skip-reporter.ts'],
    globalSetup: './test/support/compiled.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: patience(30_000),
    hookTimeout: patience(120_000),
    expect: { poll: { timeout: patience(20_000) } },
    // Slow suites run by `npm run test:slow` alone.
    projects: isSlow
      ? [
          { extends: true, test: { name: 'slow', include: [slow] } },
          {
            extends: true,
            test: {
              name: 'without fast path',
              include: [gateway],
              exclude: [slow, ...own],
              isolate: false,
              env: { PAWL_TEST_FAST_PATH: 'off' },
            },
          },
        ]
      : [
          { extends: true, test: { name: 'pure', include: [pure], exclude: [slow], isolate: false } },
          {
            extends: true,
            test: {
              name: 'kept',
              include: [kept],
              exclude: [slow, ...own],
              isolate: false,
              // Trainings in processes of their own, beside other tests.
              testTimeout: patience(120_000),
            },
          },
          { extends: true, test: { name: 'own', include: own, exclude: [slow] } },
        ],
  },
});
