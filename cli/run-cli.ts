import { CommanderError } from 'commander';
import { shownLines } from '../contracts/shown-text.ts';
import { explain, UsageError } from './errors.ts';
import { createProgram } from './program.ts';

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 bad usage. What went wrong is said on stderr. */
export async function runCli(args: readonly string[]): Promise<number> {
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
