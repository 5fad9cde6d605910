import { CommanderError } from 'commander';
import { shownLines } from '../contracts/shown-text.ts';
import { explain } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';
import { createProgram } from './program.ts';

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 bad usage. What went wrong is said on stderr. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  try {
    const program = await createProgram((failed) => (exitCode = failed), args[0]);
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what was wrong.
    if (!(error instanceof CommanderError)) process.stderr.write(`pawl: ${shownLines(await explain(error))}\n`);
    return exitCodeOf(error);
  }
}
