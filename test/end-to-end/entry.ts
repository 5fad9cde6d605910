import type { Config } from '../../config/schema.ts';
import { startChild } from '../../workers/child.ts';
import { compiled } from '../support/compiled.ts';

export interface Entry {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Runs one of our programs as a process that ends with this one. Its output lands in `<home>/logs/<name>.log`. */
export async function startEntry(
  { home }: Pick<Config, 'home'>,
  name: string,
  path: 'workers/main' | 'gateway/main',
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Entry> {
  let tell: (ready: Record<string, unknown>) => void;
  const said = new Promise<Record<string, unknown>>((resolve) => {
    tell = resolve;
  });
  const child = startChild({
    command: process.execPath,
    args: [compiled(path), ...args],
    env,
    logPath: `${home}/logs/${name}.log`,
    ipc: true,
    onLine: (line) => {
      if (/^\{".*\}$/.test(line)) tell(JSON.parse(line) as Record<string, unknown>);
    },
  });
  const ended = child.ended.then((how) => {
    throw new Error(`${name} ${how}:\n${child.lastLines().join('\n')}`);
  });
  ended.catch(() => undefined);
  return { ready: await Promise.race([said, ended]), stop: () => child.stop(15_000) };
}
