import './lib/node-version.mjs';

const { runTypeScript } = await import('./lib/run-typescript.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm start [-- --once --fresh]`: set-up, then the main job. */
await main(async () => {
  await setUp();
  await runTypeScript('cli/main.ts', ['demo', ...process.argv.slice(2)]);
});
