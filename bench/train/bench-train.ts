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
import { median } from '../statistics.ts';
import { acsTable } from './acs-table.ts';
import { askPeer, peerName, peerPackages, writeTable, type Trained } from './peer.ts';
import { mixedTable, numbersTable, type LabelledFrame, type Table } from './tables.ts';

const settings = { trees: 200, learningRate: 0.1, leaves: 31, minRows: 20, threads: 1 };
const mostTime = 2;
const mostLoss = 1.002;

/** Trees beside LightGBM by equal settings, one thread each, in turns: seconds from columns in memory to a model, and log loss of the test rows. */
export async function benchTrain(quick: boolean): Promise<BenchRow[]> {
  const python = await pythonVenv(peerPackages);
  if (python === null) throw new Error('the peer needs Python: see above');
  const tables: readonly (readonly [string, () => Table | Promise<Table>])[] = quick
    ? [
        ['20,000 x 64', () => numbersTable(20_000, 64)],
        ['acs-employment', acsTable],
      ]
    : [
        ['100,000 x 64', () => numbersTable(100_000, 64)],
        ['100,000 with categories and missing values', () => mixedTable(100_000)],
        ['acs-employment', acsTable],
        ['1,000,000 x 30', () => numbersTable(1_000_000, 30)],
      ];
  const rows: BenchRow[] = [];
  for (const [name, table] of tables) rows.push(...(await besidePeer(python, name, await table(), quick ? 1 : 3)));
  return rows;
}

async function besidePeer(python: string, name: string, table: Table, rounds: number): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  try {
    await writeTable(folder, table, settings);
    const [ours, theirs]: [Trained[], Trained[]] = [[], []];
    train(table, 2);
    for (let round = 0; round < rounds; round += 1) {
      ours.push(train(table, settings.trees));
      theirs.push(await askPeer(python, folder));
      process.stderr.write(
        `${name}: ${ours.at(-1)!.seconds.toFixed(2)} s, the peer ${theirs.at(-1)!.seconds.toFixed(2)} s\n`,
      );
    }
    const of = (key: keyof Trained) =>
      [median(ours.map((one) => one[key])), median(theirs.map((one) => one[key]))] as const;
    return [
      compared(`${name}, time`, of('seconds'), 's', mostTime),
      compared(`${name}, log loss`, of('loss'), '', mostLoss),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function compared(work: string, [ours, peer]: readonly [number, number], unit: string, most: number): BenchRow {
  const ratio = ours / peer;
  return { work, ours, peer, peerName, unit, ratio, goal: `at most ${most} x`, holds: ratio <= most };
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
