import './lib/node-version.mjs';

const { handOver } = await import('./lib/hand-over.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm start [-- --once --fresh]`: set-up, then the main job. */
await main(async () => {
  await setUp();
  return handOver(['--import', 'tsx', 'cli/main.ts', 'demo', ...process.argv.slice(2)]);
});
