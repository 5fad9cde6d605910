import { readFileSync } from 'node:fs';

const pageBytes = 4096;

/** Memory that a process has; 0 where it cannot be known, as on other systems than Linux. */
export function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  } catch {
    return 0;
  }
}
