import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../config/source-tree.ts';
import { benchGateway } from './gateway/bench-gateway.ts';
import { benchGrowth } from './gateway/bench-growth.ts';
import { benchSoak } from './gateway/bench-soak.ts';
import { benchJudge } from './judge/bench-judge.ts';
import { benchPipeline } from './pipeline/bench-pipeline.ts';
import { benchPlan } from './plan/bench-plan.ts';
import { benchRelease } from './release/bench-release.ts';
import { benchRollback } from './rollback/bench-rollback.ts';
import type { BenchRow } from './row.ts';
import { benchSetup } from './setup/bench-setup.ts';
import { benchTrain } from './train/bench-train.ts';

const benches: Record<string, (quick: boolean) => Promise<BenchRow[]>> = {
  gateway: benchGateway,
  growth: benchGrowth,
  judge: benchJudge,
  pipeline: benchPipeline,
  plan: benchPlan,
  release: benchRelease,
  rollback: benchRollback,
  setup: benchSetup,
  soak: benchSoak,
  train: benchTrain,
};

const [name = '', ...flags] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined || flags.some((flag) => flag !== '--quick')) {
  process.stderr.write(`usage: npm run bench -- <${Object.keys(benches).join('|')}> [--quick]\n`);
  process.exit(2);
}

const quick = flags.includes('--quick');
const rows = await bench(quick);
const result = {
  rows,
  machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  date: new Date().toISOString(),
  command: `npm run bench -- ${[name, ...flags].join(' ')}`,
};
const path = join(packageRoot, 'bench', 'results', `${name}.json`);
await mkdir(dirname(path), { recursive: true });
await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);

const cells = rows.map((row) => [
  row.work,
  `${round(row.ours)} ${row.unit}`,
  row.peer === null ? '' : `${round(row.peer)} ${row.unit} (${row.peerName})`,
  row.ratio === null ? '' : `${round(row.ratio)} x`,
  row.goal === null ? '' : `${row.goal}: ${row.holds ? 'holds' : 'MISSED'}`,
]);
const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
for (const row of cells)
  process.stdout.write(
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`,
  );
process.stdout.write(`${result.machine}\n`);

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
