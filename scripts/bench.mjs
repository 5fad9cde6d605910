import './lib/node-version.mjs';

const { runProgram } = await import('./lib/run-program.mjs');
const { main, setUp } = await import('./lib/set-up.mjs');

/** `npm run bench -- <name> [--quick]` */
await main(async () => {
  await setUp();
  await runProgram('bench/main', process.argv.slice(2));
});
