#!/usr/bin/env node
import '../scripts/lib/node-version.mjs';

const { dependenciesAreCurrent, installDependencies } = await import('../scripts/lib/dependencies.mjs');
const { runTypeScript } = await import('../scripts/lib/run-typescript.mjs');
const { main } = await import('../scripts/lib/set-up.mjs');

/** The command itself is TypeScript: it needs the packages to run. */
await main(async () => {
  if (!dependenciesAreCurrent()) await installDependencies();
  await runTypeScript('cli/main.ts', process.argv.slice(2));
});
