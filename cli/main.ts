import { keepPrivate } from '../ports/private-files.ts';
import { runCli } from './run-cli.ts';

keepPrivate();

const code = await runCli(process.argv.slice(2));
// Whatever still holds the event loop, a pool of a native module for one, must not hold the terminal; what was printed must arrive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
