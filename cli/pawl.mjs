#!/usr/bin/env node
import '../scripts/lib/node-version.mjs';

const { endWithLauncher } = await import('../scripts/lib/process.mjs');
const { runProgram } = await import('../scripts/lib/run-program.mjs');
const { main, setUp } = await import('../scripts/lib/set-up.mjs');

/** Needs the packages and the compiled code, and no more. */
await main(async () => {
  endWithLauncher();
  await setUp({ binaries: [] });
  await runProgram('cli/main', process.argv.slice(2));
});
