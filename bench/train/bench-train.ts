import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packColumns, type Binned } from '../../ml/gbdt/binned.ts';
import { boost } from '../../ml/gbdt/boost.ts';
import { binRows, fitBinning, type Binning } from '../../ml/gbdt/columns.ts';
import { binaryBoosting } from '../../ml/tasks/binary/boosting.ts';
import { pythonVenv } from '../../test/support/python.ts';
import { binary } from '../../test/support/classes.ts';
import type { BenchRow } from '../row.ts';
import { median, sum } from '../statistics.ts';
import { acsTable } from './acs-table.ts';
import { trainByPort } from './train-by-port.ts';
import { askPeer, peerPackages, writeTable, type Peer, type Trained } from './peer.ts';
import { mixedTable, numbersTable, type LabelledFrame, type Table } from './tables.ts';

const settings = { trees: 200, learningRate: 0.1, leaves: 31, minRows: 20 };
interface Run {
  readonly threads: number;
  readonly peers: readonly Peer[];
}

/** Small tables are not worth a second thread. */
const runs: readonly Run[] = [
  { threads: 1, peers: ['LightGBM', 'HistGradientBoosting'] },
  { threads: 2, peers: ['LightGBM'] },
];
const mostTime = 2;
const mostLoss = 1.002;

/** A table of each kind is drawn by each: log losses of equally good trees differ by .6 % on one draw. */
const seeds = [1, 2, 3];

type Draw = (seed: number) => Table | Promise<Table>;

/**
 * Trees beside LightGBM and scikit-learn's by equal settings, in turns: seconds from columns in memory to a model, and log loss of the test rows. With one thread in this process, with two as
 * the whole trainer: a process and its threads are started too.
 */
export async function benchTrain(quick: boolean): Promise<BenchRow[]> {
  const python = await pythonVenv(peerPackages);
  if (python === null) throw new Error('the peers need Python: see above');
  const tables: readonly (readonly [string, Draw])[] = quick
    ? [
        ['20,000 x 64', (seed) => numbersTable(20_000, 64, seed)],
        ['20,000 with categories and missing values', (seed) => mixedTable(20_000, seed)],
        ['acs-employment', acsTable],
      ]
    : [
        ['100,000 x 64', (seed) => numbersTable(100_000, 64, seed)],
        ['100,000 with categories and missing values', (seed) => mixedTable(100_000, seed)],
        ['acs-employment', acsTable],
        ['1,000,000 x 30', (seed) => numbersTable(1_000_000, 30, seed)],
      ];
  const rows: BenchRow[] = [];
  for (const [name, draw] of tables)
    rows.push(...(await besidePeers(python, name, draw, quick ? runs.slice(0, 1) : runs)));
  return rows;
}

async function besidePeers(python: string, name: string, draw: Draw, of: readonly Run[]): Promise<BenchRow[]> {
  const found = of.map((run) => ({ ...run, ours: [] as Trained[], theirs: run.peers.map(() => [] as Trained[]) }));
  for (const seed of seeds) {
    const table = await draw(seed);
    const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
    try {
      train(table, 2);
      for (const { threads, peers, ours, theirs } of found) {
        await writeTable(folder, table, { ...settings, threads });
        ours.push(threads === 1 ? train(table, settings.trees) : await trainByPort(table, { ...settings, threads }));
        for (const [at, peer] of peers.entries()) theirs[at]!.push(await askPeer(python, folder, peer));
        const seconds = [ours, ...theirs].map((of) => of.at(-1)!.seconds.toFixed(2));
        process.stderr.write(`${name}, seed ${seed}, threads ${threads}: ${seconds.join(', ')} s\n`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found.flatMap(({ threads, peers, ours, theirs }) =>
    peers.flatMap((peer, at) => {
      const isJudge = peer === 'LightGBM';
      const figures = (key: keyof Trained) => [ours, theirs[at]!].map((one) => one.map((each) => each[key]));
      const [ourSeconds, seconds] = figures('seconds').map(median);
      const [ourLoss, loss] = figures('loss').map((values) => sum(values) / values.length);
      const work = threads === 1 ? name : `${name}, whole trainer, ${threads} threads`;
      const time = { work: `${work}, time`, ours: ourSeconds!, peer: seconds!, unit: 's' };
      const losses = { work: `${work}, log loss`, ours: ourLoss!, peer: loss!, unit: '' };
      return [
        compared(time, peer, isJudge ? mostTime : null),
        ...(threads === 1 ? [compared(losses, peer, isJudge ? mostLoss : null)] : []),
      ];
    }),
  );
}

function compared(
  figures: { readonly work: string; readonly ours: number; readonly peer: number; readonly unit: string },
  peerName: Peer,
  most: number | null,
): BenchRow {
  const ratio = figures.ours / figures.peer;
  const judged = most === null ? { goal: null, holds: null } : { goal: `at most ${most} x`, holds: ratio <= most };
  return { ...figures, peerName, ratio, ...judged };
}

function train({ features, train: given, test }: Table, trees: number): Trained {
  const before = performance.now();
  const binning = drain(fitBinning(features, given.frame, 256));
  const side = ({ frame, labels }: LabelledFrame) => ({ binned: binned(binning, frame), labels, weights: null });
  const state = drain(
    boost(
      {
        settings: {
          ...settings,
          trees,
          maxDepth: 1_000,
          l1: 0,
          l2: 0,
          rowShare: 1,
          columnShare: 1,
          monotone: {},
          patience: trees,
        },
        seed: 1,
        binning,
        train: side(given),
        validation: side(test),
        objective: binaryBoosting,
        labelSpace: binary,
      },
      null,
    ),
  );
  return { seconds: (performance.now() - before) / 1000, loss: state.curve.at(-1)!.validationLoss };
}

const binned = (binning: Binning, frame: LabelledFrame['frame']): Binned =>
  drain(packColumns(binRows(binning, frame), frame.rowCount));

function drain<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
