import './lib/node-version.mjs';

const { handOver } = await import('./lib/hand-over.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm run bench -- <name> [--quick]` */
await main(async () => {
  await setUp();
  return handOver(['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)]);
});
