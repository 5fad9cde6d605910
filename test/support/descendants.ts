import { execFileSync } from 'node:child_process';
import { processStart } from '../../config/set-up-scripts.ts';

export interface Process {
  readonly pid: number;
  readonly command: string;
  readonly start: string | null;
}

/** Every process below the given one, as the system lists them. */
export function descendantsOf(root: number): Process[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
  const below = (parent: number): Process[] =>
    rows
      .filter((row) => row.parent === parent)
      .flatMap(({ pid, command }) => [{ pid, command, start: processStart(pid) }, ...below(pid)]);
  return below(root);
}

/** Command lines of those that still run. */
export const stillRunning = (processes: readonly Process[]): string[] =>
  processes
    .filter(({ pid, start }) => start !== null && processStart(pid) === start)
    .map(({ pid, command }) => `${pid} ${command}`);
