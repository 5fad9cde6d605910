import { cpus } from 'node:os';
import { environment } from './trainer/environment.ts';

/** What this machine computes with: equal work on equal machines gives equal bytes. */
export const machine = (): Record<string, string> => ({
  ...environment(),
  processor: cpus()[0]?.model ?? 'unknown',
});
