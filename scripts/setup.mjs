import './lib/node-version.mjs';

const { main, setUp } = await import('./lib/set-up.mjs');

/** `node scripts/setup.mjs [--test]`: packages and the Temporal server; with `--test` the time-skipping one too. */
await main(() =>
  setUp({ binaries: process.argv.includes('--test') ? ['temporal', 'temporal-test-server'] : ['temporal'] }),
);
