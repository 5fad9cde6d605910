import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { createRandom } from '../random.ts';
import { adam } from './epoch-graph.ts';

const [leastBatch, mostBatch, stepsOfEpoch] = [16, 256, 64];

/** Rows of one step for so many training rows: a power of two, about 64 steps an epoch, so that few rows get enough steps to converge. */
export function batchSizeFor(rows: number): number {
  const power = 2 ** Math.round(Math.log2(Math.max(1, rows / stepsOfEpoch)));
  return Math.min(mostBatch, Math.max(leastBatch, power));
}

/** The steps of an epoch, as `epochModel` takes them. */
export interface EpochPlan {
  readonly steps: number;
  readonly batch: number;
  /** `[steps, batch]` */
  readonly rows: Int32Array;
  /** `[steps, batch, 1]`: the row's weight by the rows in the batch, so that a step's loss is a mean. */
  readonly weights: Float32Array;
  /** Rows in each minibatch. */
  readonly counts: Int32Array;
}

/**
 * Draws the minibatches of an epoch from the seed and the epoch alone, so that a resumed training sees the same ones. The last
 * batch is filled up with row 0 at weight 0: each row comes once an epoch, none is dropped. `rowWeights` (mean 1) say how much it counts.
 */
export function planEpoch(
  rowCount: number,
  batchSize: number,
  {
    seed,
    epoch,
    rowWeights,
  }: { readonly seed: number; readonly epoch: number; readonly rowWeights: Float64Array | null },
): EpochPlan {
  const batch = Math.min(batchSize, rowCount);
  const steps = Math.ceil(rowCount / batch);
  const rows = new Int32Array(steps * batch);
  rows.set(createRandom(seed, epoch).permutation(rowCount));
  const weights = new Float32Array(steps * batch);
  const counts = new Int32Array(steps);
  for (let step = 0; step < steps; step++) {
    const count = Math.min(batch, rowCount - step * batch);
    counts[step] = count;
    const from = step * batch;
    for (let place = from; place < from + count; place++) weights[place] = (rowWeights?.[rows[place]!] ?? 1) / count;
  }
  return { steps, batch, rows, weights, counts };
}

/** `[rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t), rate]` for the steps `t = done + 1 ... done + steps`; `rateOf` gives the rate of step t. */
export function adamRates(rateOf: (t: number) => number, done: number, steps: number): Float32Array {
  const rates = new Float32Array(steps * 3);
  for (let step = 0; step < steps; step++) {
    const t = done + step + 1;
    const rate = rateOf(t);
    rates[step * 3] = rate / (1 - adam.beta1 ** t);
    rates[step * 3 + 1] = 1 / Math.sqrt(1 - adam.beta2 ** t);
    rates[step * 3 + 2] = rate;
  }
  return rates;
}

type Schedule = Pick<SettingsOf<'network'>, 'learningRate' | 'schedule' | 'warmup'>;

/**
 * The rate of step `t`, from 1, of `total`. It rises in a straight line over the share `warmup` of the steps; then it stays, or falls to 0 along half
 * a cosine (Loshchilov and Hutter 2017).
 */
export function rateAt({ learningRate, schedule, warmup }: Schedule, t: number, total: number): number {
  const rising = warmup * total;
  if (t < rising) return (learningRate * t) / rising;
  if (schedule === 'constant') return learningRate;
  return (learningRate * (1 + Math.cos((Math.PI * (t - rising)) / (total - rising + 1)))) / 2;
}

/** How far the running statistics of batch normalization move to those of a whole batch. */
const momentum = 0.1;

/** By step, how far they move: less where a batch has fewer rows than others, or rows of less weight. */
export function statisticsMomenta({ steps, batch, weights, counts }: EpochPlan): Float32Array {
  return Float32Array.from({ length: steps }, (_, step) => {
    const shares = weights.subarray(step * batch, (step + 1) * batch);
    const weight = shares.reduce((sum, share) => sum + share, 0) * counts[step]!;
    return momentum * Math.min(1, weight / batch);
  });
}
