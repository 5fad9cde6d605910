import './lib/node-version.mjs';

const { runTypeScript } = await import('./lib/run-typescript.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm run bench -- <name> [--quick]` */
await main(async () => {
  await setUp();
  await runTypeScript('bench/main.ts', process.argv.slice(2));
});
