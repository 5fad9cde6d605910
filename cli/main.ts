import { keepPrivate } from '../ports/private-files.ts';
import { runCli } from './run-cli.ts';

keepPrivate();

const code = await runCli(process.argv.slice(2));
// What still holds the event loop, such as the pool of a native module, must not hold the terminal; what was printed must arrive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
