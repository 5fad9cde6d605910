import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { loadConfig } from '../config/load-config.ts';
import { modulePath } from '../config/source-tree.ts';
import { resolveAddress } from './context.ts';

/** Runs another entry of ours as a process of its own, on the server that this command would use. Resolves with its exit code. */
export function runEntry(name: string, args: readonly string[]): Promise<number> {
  const config = loadConfig();
  const address = resolveAddress(config);
  const child = spawn(process.execPath, [...config.execArgs, modulePath(name), ...args], {
    env: { ...process.env, ...(address === null ? {} : { TEMPORAL_ADDRESS: address }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C reaches it through us, once.
    detached: true,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
