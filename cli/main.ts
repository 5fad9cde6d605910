import { CommanderError } from 'commander';
import { shownLines } from '../contracts/shown-text.ts';
import { createProgram } from './program.ts';
import { explain, UsageError } from './errors.ts';
import { keepPrivate } from '../ports/private-files.ts';

keepPrivate();

/** Exit codes: 0 done, 1 failed, 2 bad usage. */
const code = await run(process.argv.slice(2));
// Whatever still holds the event loop, a pool of a native module for one, must not hold the terminal; what was printed must arrive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

async function run(args: string[]): Promise<number> {
  let exitCode = 0;
  try {
    const program = await createProgram((failed) => (exitCode = failed), args[0]);
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`pawl: ${shownLines(await explain(error))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
