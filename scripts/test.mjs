import './lib/node-version.mjs';

const { endWithLauncher } = await import('./lib/process.mjs');
const { handOver } = await import('./lib/hand-over.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm test [-- <vitest arguments>]`, and `npm run test:slow` for the suites named `*.slow.test.ts` */
await main(async () => {
  endWithLauncher();
  await setUp({ binaries: ['temporal', 'temporal-test-server'] });
  const [first, ...rest] = process.argv.slice(2);
  const isSlow = first === '--slow';
  if (isSlow) process.env.PAWL_TEST_SLOW = '1';
  return handOver(['node_modules/vitest/vitest.mjs', 'run', ...(isSlow ? rest : process.argv.slice(2))]);
});
