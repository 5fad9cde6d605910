import { join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { short } from '../../policy/check.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { figure } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { goalRows, monteCarloError } from './goals.ts';
import { instanceRows } from './instances.ts';
import { runSettings } from './pool.ts';
import type { Cell } from './run-setting.ts';
import { settingCount } from './run-setting.ts';

const cellsFile = join(packageRoot, 'bench', 'results', 'release-cells.csv');

/**
 * Methods to decide on a release, all shown the same simulated traffic: how often they roll back what is harmless, and how soon
 * what is not. Rows: the goals; every cell goes to `bench/results/release-cells.csv`. The seeds are fixed: the same code
 * gives the same figures.
 */
export async function benchRelease(quick: boolean): Promise<BenchRow[]> {
  const before = performance.now();
  const cells = await runSettings(
    quick ? { harmless: 200, harmful: 40 } : { harmless: 10_000, harmful: 2000 },
    (finished) => process.stderr.write(`\r${finished} of ${settingCount} settings`),
  );
  process.stderr.write('\n');
  await mkdir(dirname(cellsFile), { recursive: true });
  await writeFile(cellsFile, tableOf(cells));
  const rows = [...goalRows(cells), ...instanceRows(quick ? 100 : 1000)];
  return [...rows, figure('whole bench', (performance.now() - before) / 1000, 's')];
}

/** Comma separated: shares and errors as fractions, delays in minutes; empty where there is none. */
function tableOf(cells: readonly Cell[]): string {
  const columns =
    'setting,effect,method,limits,limit,releases,rolled_back,error,median_delay,p95_delay,mean_cost,median_cost,judged';
  const rows = cells.map((cell) =>
    [
      `"${cell.setting}"`,
      cell.effect,
      `"${cell.method}"`,
      cell.tuned ? 'tuned' : 'as used',
      orEmpty(cell.limit),
      cell.repeats,
      orEmpty(cell.alarms),
      orEmpty(monteCarloError(cell.alarms, cell.repeats)),
      orEmpty(cell.medianDelay),
      orEmpty(cell.p95Delay),
      orEmpty(cell.meanCost),
      orEmpty(cell.medianCost),
      cell.judged,
    ].join(','),
  );
  return `${[columns, ...rows].join('\n')}\n`;
}

const orEmpty = (value: number | null): string => (value === null ? '' : short(value));
