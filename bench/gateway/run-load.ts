import { cpus } from 'node:os';
import { runCommand, type Ended } from '../../test/support/command.ts';

/**
 * Runs a load tool on the last core, where `taskset` is there and there are several. Left alone, Linux wakes it thousands of times a
 * second on the core of the server that has just answered, and takes that server's time. Throws where there is no such tool.
 */
export async function runLoad(command: string, args: readonly string[]): Promise<Ended> {
  const [tool = command, ...rest] = [...(await pinning()), command, ...args];
  const ended = await runCommand(tool, rest);
  // So says a shell, and `taskset`.
  if (ended.code === 127) throw new Error(`there is no "${command}" on PATH`);
  return ended;
}

let found: Promise<string[]> | undefined;

function pinning(): Promise<string[]> {
  const last = cpus().length - 1;
  found ??=
    last < 1
      ? Promise.resolve([])
      : runCommand('taskset', ['--version'])
          .then(() => ['taskset', '--cpu-list', String(last)])
          .catch(() => []);
  return found;
}
