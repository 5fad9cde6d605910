import { constants } from 'node:os';
import { packageRoot } from './paths.mjs';
import { killGroup, spawnWithUs } from './process.mjs';

/**
 * Goes on as another Node program: same terminal, signals passed on, its exit code is ours. It has a process group of its own, which
 * ends with us however we end.
 */
export function handOver(args) {
  return new Promise((done, fail) => {
    const stdio = ['inherit', 'inherit', 'inherit'];
    const { child, guard } = spawnWithUs(process.execPath, args, { cwd: packageRoot, stdio });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', fail);
    child.on('close', (code, signal) => {
      guard?.release();
      // What it left behind has nobody any more.
      if (child.pid !== undefined) killGroup(child.pid);
      done(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
