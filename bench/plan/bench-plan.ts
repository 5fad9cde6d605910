import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figure, type BenchRow } from '../row.ts';
import { planSettings } from './settings.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('one-plan.ts', import.meta.url));

/** CPU of one plan in a process of its own, as a command has it: nothing is compiled yet. */
async function secondsOf(setting: number): Promise<number> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program, String(setting)]);
  return Number(stdout);
}

/** Seconds of CPU that the plan of a release takes, over policies and traffic. `quick` takes every fifth of the settings. */
export async function benchPlan(quick: boolean): Promise<BenchRow[]> {
  const taken = planSettings().flatMap((_, index) => (quick && index % 5 !== 0 ? [] : [index]));
  const seconds: number[] = [];
  for (const setting of taken) seconds.push(await secondsOf(setting));
  const sorted = seconds.toSorted((a, b) => a - b);
  const worst = sorted.at(-1) ?? 0;
  return [
    figure(`plans of ${taken.length} settings, median`, sorted[Math.floor(sorted.length / 2)] ?? 0, 's of CPU'),
    { ...figure('the slowest of them', worst, 's of CPU'), goal: 'below 2', holds: worst < 2 },
  ];
}
