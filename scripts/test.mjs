import './lib/node-version.mjs';

const { handOver } = await import('./lib/hand-over.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm test [-- <vitest arguments>]` */
await main(async () => {
  await setUp({ binaries: ['temporal', 'temporal-test-server'] });
  return handOver(['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]);
});
