import { fileURLToPath } from 'node:url';
import { runCommand, type Ended } from './command.ts';

const bin = fileURLToPath(new URL('../../cli/pawl.mjs', import.meta.url));

/** Runs `pawl` as a person would. */
export const pawl = (args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> =>
  runCommand(process.execPath, [bin, ...args], { env, cwd });

/** Runs `pawl ... --json`, which must end with 0, and returns what it printed: exactly one line of JSON. */
export async function pawlJson<T>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<T> {
  const { code, stdout, stderr } = await pawl([...args, '--json'], env);
  if (code !== 0) throw new Error(`pawl ${args.join(' ')} ended with ${code}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`pawl ${args.join(' ')} printed ${lines.length} lines: ${stdout}`);
  return JSON.parse(stdout) as T;
}
