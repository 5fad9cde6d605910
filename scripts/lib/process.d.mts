import type { ChildProcess, SpawnOptions } from 'node:child_process';

export interface ProcessMark {
  pid: number;
  /** Start time as the kernel counts it; null where the process is gone. */
  start: string | null;
}
export function processStart(pid: number): string | null;
export function isAlive(mark: ProcessMark): boolean;
export function thisProcess(): ProcessMark;
export function onPath(name: string, env?: NodeJS.ProcessEnv): string | null;
/** Starts a command in a process group of its own that ends with this process. `stdio` has three entries. */
export function spawnWithUs(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { stdio: readonly ('ignore' | 'pipe' | 'inherit')[] },
): { child: ChildProcess; guard: { release(): void } | null };
/** Ends a detached process and its group when this process is gone, until `release()`. */
export function endWithUs(pid: number): { release(): void };
/** Runs a command to its end, in a group of its own. A reason that `stalled()` gives, asked each second, ends it. */
export function run(
  command: string,
  args: readonly string[],
  options?: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    timeoutMs?: number;
    stalled?: (elapsedMs: number) => string | null;
  },
): Promise<{ ok: boolean; output: string; reason: string }>;
