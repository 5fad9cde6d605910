import './lib/node-version.mjs';

const { endWithLauncher } = await import('./lib/process.mjs');
const { runProgram } = await import('./lib/run-program.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm start [-- --once --fresh]`: set-up, then the main job. */
await main(async () => {
  endWithLauncher();
  await setUp();
  await runProgram('cli/main', ['demo', ...process.argv.slice(2)]);
});
