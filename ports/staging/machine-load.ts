import { readFile } from 'node:fs/promises';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';

/** Ticks of all cores since the machine started, and those of one process with its ended children. */
interface Ticks {
  readonly total: number;
  readonly idle: number;
  readonly steal: number;
  readonly process: number;
}

/** Null where the system has no such files. */
async function readTicks(pid: number): Promise<Ticks | null> {
  try {
    const all = parseMachineTicks(await readFile('/proc/stat', 'utf8'));
    return { ...all, process: parseProcessTicks(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) };
  } catch {
    return null;
  }
}

/** The first line of `/proc/stat` (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal; guests count as user already. */
export function parseMachineTicks(stat: string): Omit<Ticks, 'process'> {
  const fields = (stat.split('\n', 1)[0] ?? '').trim().split(/ +/).slice(1, 9).map(Number);
  if (fields.length < 8 || fields.some((ticks) => !Number.isFinite(ticks))) throw new Error('no line of all cores');
  const [, , , idle = 0, wait = 0, , , steal = 0] = fields;
  return { total: fields.reduce((sum, ticks) => sum + ticks, 0), idle: idle + wait, steal };
}

/** utime, stime, cutime and cstime of `/proc/<pid>/stat`: the 14th field and the three after it; the name before them may hold blanks. */
export function parseProcessTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + (Number(ticks) || 0), 0);
}

/** Begins to watch where the time of all cores goes; the answer says it since then. */
export async function watchMachine(pid: number): Promise<() => Promise<StagingMeasurement['machine']>> {
  const before = await readTicks(pid);
  return async () => {
    const after = await readTicks(pid);
    if (before === null || after === null || after.total <= before.total) return null;
    const share = (name: keyof Ticks): number => Math.max(0, after[name] - before[name]) / (after.total - before.total);
    const [idle, steal, gateway] = [share('idle'), share('steal'), share('process')];
    return { idle, steal, gateway, others: Math.max(0, 1 - idle - steal - gateway) };
  };
}
