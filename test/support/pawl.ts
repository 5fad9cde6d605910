import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiled } from './compiled.ts';
import { runCommand, type Ended } from './command.ts';

const bin = fileURLToPath(new URL('../../cli/pawl.mjs', import.meta.url));
const keeper = fileURLToPath(new URL('./kept-pawl.mjs', import.meta.url));

/** Runs `pawl` as a person does, in a process of its own. Starting it costs about a second of CPU time: see `pawl`. */
export const pawlProcess = (args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> =>
  runCommand(process.execPath, [bin, ...args], { env, cwd });

/** Kept processes that wait for a command. */
const idle: ChildProcess[] = [];

/** Runs a `pawl` command in a process that is kept for the next one, with the environment and the folder given. */
export async function pawl(args: readonly string[], env: NodeJS.ProcessEnv, cwd = process.cwd()): Promise<Ended> {
  const startedAt = Date.now();
  const child = idle.pop() ?? (await keep());
  return new Promise((resolve, reject) => {
    let crash = '';
    const onCrash = (part: Buffer): void => void (crash += part.toString());
    const onExit = (code: number | null): void =>
      reject(new Error(`pawl ${args.join(' ')} ended its process with ${code}: ${crash}`));
    child.stderr?.on('data', onCrash);
    child.once('exit', onExit);
    child.once('message', (ended: Omit<Ended, 'ms'>) => {
      child.stderr?.off('data', onCrash);
      child.off('exit', onExit);
      idle.push(child);
      resolve({ ...ended, ms: Date.now() - startedAt });
    });
    child.send({ args, env: JSON.parse(JSON.stringify(env)) as object, cwd });
  });
}

/** It ends when this process does: its channel closes. */
function keep(): Promise<ChildProcess> {
  const child = fork(keeper, [compiled('cli/run-cli')], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', () => resolve(child));
  });
}

/** Runs `pawl ... --json`, which must end with 0, and returns what it printed: exactly one line of JSON. */
export async function pawlJson<T>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<T> {
  const { code, stdout, stderr } = await pawl([...args, '--json'], env);
  if (code !== 0) throw new Error(`pawl ${args.join(' ')} ended with ${code}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`pawl ${args.join(' ')} printed ${lines.length} lines: ${stdout}`);
  return JSON.parse(stdout) as T;
}
