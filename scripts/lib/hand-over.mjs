import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { packageRoot } from './paths.mjs';

/**
 * Goes on as another Node program: same terminal, signals passed on, its exit code is ours. A terminal sends Ctrl-C to the whole
 * process group, so that only signals which reach us alone are passed on.
 */
export function handOver(args) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: packageRoot, stdio: 'inherit' });
    const pass = (signal) => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
    child.on('error', fail);
    child.on('close', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
