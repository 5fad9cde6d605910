import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { ColumnData } from '../../contracts/data/frame.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { createRandom } from '../../ml/random.ts';
import { encodeForTrees } from '../../ports/trainer/trees/encode-job.ts';
import { trainInThreads } from '../../ports/trainer/trees/threads.ts';
import { createProcessTrainer } from '../../ports/trainer/process.ts';
import { startThread } from '../../ports/start-thread.ts';
import { jobOf, recorder } from '../contracts/trainer.suite.ts';
import { binary, numbers, quantilesAt, severalClasses } from '../support/classes.ts';
import { patience } from '../support/patience.ts';
import { features, treesOf } from '../training/support.ts';

const execArgs = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
const trainer = createProcessTrainer({ execArgs });
const [rows, width] = [1_200, 12];
const random = createRandom(4);

/** Twelve columns, a third of them categories, all with missing values: three words of bins. */
const wide = Array.from({ length: width }, (_, i) => ({
  name: `x${i}`,
  column: features[i % 3 === 0 ? 1 : 0]!.column,
}));
const numbersOf = (): Float64Array =>
  Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? Number.NaN : random.normal()));
const textsOf = (): string[] => Array.from({ length: rows }, () => ['', 'red', 'green', 'blue'][random.integer(4)]!);
const columns = Object.fromEntries(
  wide.map(({ name }, i): [string, ColumnData] => [
    name,
    i % 3 === 0 ? { type: 'string', values: textsOf() } : { type: 'number', values: numbersOf() },
  ]),
);
const frame = { rowCount: rows, columns };
const value = Float64Array.from({ length: rows }, (_, row) => {
  const of = (i: number): number => Number(columns[`x${i}`]!.values[row]) || 0;
  return of(1) * of(2) + Math.sin(2 * of(11)) + of(7) + Number(columns.x9!.values[row] === 'red');
});
const spaces: [name: string, space: LabelSpace, labels: Float64Array][] = [
  ['two labels', binary, value.map((one) => Number(one > 0))],
  ['several labels', severalClasses('a', 'b', 'c'), value.map((one) => Number(one > -0.5) + Number(one > 0.8))],
  ['a number', numbers, value],
  ['quantiles', quantilesAt([0.1, 0.5, 0.9]), value],
  ['a ranking', { ...numbers, task: 'ranking' }, value.map((one) => Math.max(0, Math.round(one)))],
];
const job = (labelSpace: LabelSpace, labels: Float64Array, over: Parameters<typeof treesOf>[0]) => {
  const settings = treesOf(over);
  const queries = labelSpace.task === 'ranking' ? Int32Array.from(labels, (_, row) => row % 100) : null;
  const sides = {
    train: frame,
    validation: frame,
    trainLabels: labels,
    validationLabels: labels,
    trainQueries: queries,
    validationQueries: queries,
  };
  return { ...jobOf({ features: wide, ...sides, labelSpace, resume: null }), settings };
};

describe('trees grown by threads', () => {
  test.each(spaces)('of %s are the same with any number of them', { timeout: 60_000 }, async (_, space, labels) => {
    const learned = async (threads: number) => {
      const { hooks, reports } = recorder();
      const given = job(space, labels, { trees: 12, leaves: 12, rowShare: 0.8, columnShare: 0.7, threads });
      const { model } = await trainer.train(given, hooks);
      return { model: Buffer.from(model), reports };
    };
    const one = await learned(1);
    expect(await learned(2)).toEqual(one);
    expect(await learned(3)).toEqual(one);
  });

  test('that are cancelled end within a second', async () => {
    const stop = new AbortController();
    let since = 0;
    const endless = job(binary, spaces[0]![2], { trees: 50_000, learningRate: 1e-4, patience: 50_000, threads: 3 });
    const failure = trainer.train(endless, {
      signal: stop.signal,
      async onEpoch({ epoch }) {
        if (epoch !== 2) return;
        since = performance.now();
        stop.abort(new Error('cancelled by a test'));
      },
    });
    await expect(failure).rejects.toThrow('cancelled by a test');
    expect(performance.now() - since).toBeLessThan(patience(1_000));
  });

  test.each([
    ['ends', 'process.exit(3)', /^thread 2 of the training ended with code 3 before there was a result/],
    ['fails', 'throw new Error("no memory")', /^thread 2 of the training failed: no memory/],
  ])('say so where one %s, though the leader waits for it', async (_, program, message) => {
    const settings = treesOf({ threads: 2 });
    const given = job(binary, spaces[0]![2], { threads: 2 });
    const encoded = await encodeForTrees(given, settings, new AbortController().signal);
    let started = 0;
    const threads: Worker[] = [];
    const failure = trainInThreads(encoded, recorder().hooks.onEpoch, (name, options) => {
      const thread = ++started === 1 ? startThread(name, options) : new Worker(program, { eval: true });
      threads.push(thread);
      return thread;
    });
    await expect(failure).rejects.toThrow(message);
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });
});
