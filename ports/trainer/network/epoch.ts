import { setImmediate } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { createRandom } from '../../../ml/random.ts';
import type { Architecture } from '../../../ml/training/architecture.ts';
import type { MemberState } from '../../../ml/training/checkpoint.ts';
import { drawKept } from '../../../ml/training/dropout.ts';
import { adamRates, planEpoch, rateAt, statisticsMomenta } from '../../../ml/training/plan.ts';
import type { NetworkJob } from '../messages.ts';
import { floats, rowsOf, vector, type Feeds } from './feeds.ts';

/** Steps per call: a call blocks the process, and between two it can notice that its parent is gone. */
const stepsPerCall = 1024;
/** Bytes of the marks of dropout that a call takes. */
const markBytes = 2 ** 25;
const evaluationRows = 8192;
/** Streams of the seed for dropout, beyond those of epochs. */
const dropoutStream = 2 ** 31;

interface EpochOf {
  readonly job: {
    readonly settings: Pick<NetworkJob['settings'], 'batchSize' | 'epochs' | 'learningRate' | 'schedule' | 'warmup'>;
    readonly train: { readonly rows: number };
    readonly trainWeights: Float64Array | null;
  };
  readonly network: Pick<Architecture, 'normalization' | 'dropout' | 'hidden'>;
  readonly data: Feeds;
  /** Of this network. */
  readonly seed: number;
}

type Advance = Pick<MemberState, 'step' | 'theta' | 'moment1' | 'moment2'>;

/** One pass over the training rows. What is random comes from the seed and the epoch. */
export async function trainEpoch(
  session: InferenceSession,
  { job: { settings, train, trainWeights }, network, data, seed }: EpochOf,
  state: MemberState,
): Promise<Advance & { trainLoss: number }> {
  const epoch = state.epoch + 1;
  const plan = planEpoch(train.rows, settings.batchSize, { seed, epoch, rowWeights: trainWeights });
  const { steps, batch, rows, weights, counts } = plan;
  const total = settings.epochs * steps;
  const rates = adamRates((t) => rateAt(settings, t, total), state.step, steps);
  const momenta = network.normalization === 'batch' ? statisticsMomenta(plan) : null;
  const width = network.dropout > 0 ? network.hidden.reduce((sum, of) => sum + of, 0) : 0;
  const random = createRandom(seed, dropoutStream + epoch);
  const most = Math.max(1, Math.min(stepsPerCall, Math.floor(markBytes / Math.max(1, batch * width))));
  let { theta, moment1, moment2 } = state;
  let lossSum = 0;
  for (let from = 0; from < steps; from += most) {
    const to = Math.min(steps, from + most);
    const size = to - from;
    const result = await session.run({
      ...data,
      rows: new Tensor('int32', rows.subarray(from * batch, to * batch), [size, batch]),
      weights: new Tensor('float32', weights.subarray(from * batch, to * batch), [size, batch, 1]),
      rates: new Tensor('float32', rates.subarray(from * 3, to * 3), [size, 3]),
      ...(momenta && { momenta: vector(momenta.subarray(from, to)) }),
      ...(width > 0 && {
        kept: new Tensor('uint8', drawKept(random, size * batch * width, network.dropout), [size, batch, width]),
      }),
      theta: vector(theta),
      moment1: vector(moment1),
      moment2: vector(moment2),
    });
    theta = floats(result, 'theta_out');
    moment1 = floats(result, 'moment1_out');
    moment2 = floats(result, 'moment2_out');
    lossSum += floats(result, 'losses').reduce((sum, loss, step) => sum + loss * (counts[from + step] ?? 0), 0);
    await setImmediate();
  }
  return { step: state.step + steps, theta, moment1, moment2, trainLoss: lossSum / train.rows };
}

/** The mean loss of rows, each times its weight, by the parameters that predict. */
export async function evaluate(session: InferenceSession, data: Feeds, theta: Float32Array): Promise<number> {
  const total = data.labels?.dims[0] ?? 0;
  let sum = 0;
  for (let from = 0; from < total; from += evaluationRows) {
    const to = Math.min(total, from + evaluationRows);
    const chunk = Object.entries(data).map(([name, tensor]) => [name, rowsOf(tensor, from, to)]);
    sum += floats(await session.run({ ...Object.fromEntries(chunk), theta: vector(theta) }), 'loss')[0] ?? Number.NaN;
  }
  return sum / total;
}
