import { setImmediate } from 'node:timers/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import { encodeModel } from '../../../ml/onnx/proto.ts';
import { taskFor } from '../../../ml/tasks/index.ts';
import { designNetwork, initialParameters, type Architecture } from '../../../ml/training/architecture.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../../ml/training/checkpoint.ts';
import type { EncodedRows } from '../../../ml/training/encoding.ts';
import { epochModel } from '../../../ml/training/epoch-graph.ts';
import { evaluationModel } from '../../../ml/training/evaluation-graph.ts';
import { exportedModel } from '../../../ml/training/export-graph.ts';
import type { TargetScale } from '../../../ml/training/head.ts';
import { adamRates, planEpoch } from '../../../ml/training/plan.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { NetworkJob } from '../messages.ts';
import type { EpochReport, OnEpoch, TrainingOutcome } from '../port.ts';

/** Steps per call: a call blocks the process, and between two it can notice that its parent is gone. */
const stepsPerCall = 1024;
const evaluationRows = 8192;

type Feeds = Record<string, Tensor>;

/** Trains on the given execution provider until patience or epochs end, and exports the best epoch's network. */
export async function trainNetwork(job: NetworkJob, provider: string, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  const { head } = taskFor(job.labelSpace);
  const network = designNetwork(job.settings.hidden, job.encoding, head.width(job.labelSpace));
  const scale = head.scale(job.trainLabels);
  const fingerprint = fingerprintOf(job, [
    job.settings,
    job.encoding,
    job.train.rows,
    job.validation.rows,
    network.size,
  ]);
  let state = job.resume ? decodeCheckpoint(fingerprint, job.resume) : firstState(job, network);
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const epochSession = await InferenceSession.create(
    encodeModel(epochModel(network, head, job.settings.weightDecay)),
    options,
  );
  const evaluationSession = await InferenceSession.create(encodeModel(evaluationModel(network, head)), options);
  try {
    const train = { ...dataFeeds(network, job.train), labels: labelFeed(job.trainLabels, scale) };
    const validation = {
      ...dataFeeds(network, job.validation),
      labels: labelFeed(job.validationLabels, scale),
      weights: weightFeed(job),
    };
    while (!finished(job, state)) {
      const { trainLoss, ...after } = await trainEpoch(epochSession, job, train, state);
      const validationLoss = await evaluate(evaluationSession, validation, after.theta);
      const report = { epoch: state.epoch + 1, trainLoss, validationLoss };
      if (!Number.isFinite(trainLoss + validationLoss)) {
        if (state.bestEpoch === 0) throw noFiniteLoss(report);
        break;
      }
      state = nextState(state, after, report);
      await onEpoch(report, encodeCheckpoint(fingerprint, state));
    }
  } finally {
    await epochSession.release();
    await evaluationSession.release();
  }
  const { encoding, labelSpace: space, threshold } = job;
  const answer = { space, scale, threshold };
  const model = encodeModel(exportedModel({ encoding, network, theta: state.best, head, answer }));
  const { curve, bestEpoch } = state;
  return {
    model,
    settings: job.settings,
    curve,
    bestEpoch,
    provider,
    parameters: network.size,
    environment: environment(),
  };
}

/** Adam does not come back from a loss that is not a number, and without a best epoch the exported network would be an untrained one. */
function noFiniteLoss({ epoch, trainLoss, validationLoss }: EpochReport): PawlError {
  const message = `epoch ${epoch} has training loss ${trainLoss} and validation loss ${validationLoss}, and no epoch before it was better: correct extreme values of the features, lower trainer.learningRate, or use kind: gbdt`;
  return new PawlError(errorTypes.invalidData, message);
}

function firstState(job: NetworkJob, network: Architecture): TrainingState {
  const theta = initialParameters(network, job.train, job.seed);
  const zeros = () => new Float32Array(network.size);
  return { epoch: 0, step: 0, theta, moment1: zeros(), moment2: zeros(), best: theta, bestEpoch: 0, curve: [] };
}

type Advance = Pick<TrainingState, 'step' | 'theta' | 'moment1' | 'moment2'>;

function nextState(state: TrainingState, after: Advance, report: EpochReport): TrainingState {
  const bestLoss = state.curve.find(({ epoch }) => epoch === state.bestEpoch)?.validationLoss ?? Infinity;
  const better = report.validationLoss < bestLoss;
  return {
    ...after,
    epoch: report.epoch,
    best: better ? after.theta : state.best,
    bestEpoch: better ? report.epoch : state.bestEpoch,
    curve: [...state.curve, report],
  };
}

function finished({ settings }: NetworkJob, { epoch, bestEpoch }: TrainingState): boolean {
  return epoch >= settings.epochs || epoch - bestEpoch >= settings.patience;
}

async function trainEpoch(
  session: InferenceSession,
  job: NetworkJob,
  data: Feeds,
  state: TrainingState,
): Promise<Advance & { trainLoss: number }> {
  const { steps, batch, rows, weights, counts } = planEpoch(job.train.rows, job.settings.batchSize, {
    seed: job.seed,
    epoch: state.epoch + 1,
    rowWeights: job.trainWeights,
  });
  const rates = adamRates(job.settings.learningRate, state.step, steps);
  let { theta, moment1, moment2 } = state;
  let lossSum = 0;
  for (let from = 0; from < steps; from += stepsPerCall) {
    const to = Math.min(steps, from + stepsPerCall);
    const result = await session.run({
      ...data,
      rows: new Tensor('int32', rows.subarray(from * batch, to * batch), [to - from, batch]),
      weights: new Tensor('float32', weights.subarray(from * batch, to * batch), [to - from, batch, 1]),
      rates: new Tensor('float32', rates.subarray(from * 3, to * 3), [to - from, 3]),
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
  return { step: state.step + steps, theta, moment1, moment2, trainLoss: lossSum / job.train.rows };
}

async function evaluate(session: InferenceSession, data: Feeds, theta: Float32Array): Promise<number> {
  const total = data.labels?.dims[0] ?? 0;
  let sum = 0;
  for (let from = 0; from < total; from += evaluationRows) {
    const to = Math.min(total, from + evaluationRows);
    const chunk = Object.entries(data).map(([name, tensor]) => [name, rowsOf(tensor, from, to)]);
    sum += floats(await session.run({ ...Object.fromEntries(chunk), theta: vector(theta) }), 'loss')[0] ?? Number.NaN;
  }
  return sum / total;
}

function dataFeeds(network: Architecture, data: EncodedRows): Feeds {
  const { rows } = data;
  const feeds: Feeds = {};
  if (network.numeric > 0) feeds.numeric = new Tensor('float32', data.numeric, [rows, network.numeric]);
  if (network.oneHotSlots > 0) {
    const width = network.oneHotSlots;
    const bits = new Uint8Array(rows * width);
    for (const [index, slot] of data.oneHot.entries())
      bits[Math.floor(index / network.oneHotColumns) * width + slot] = 1;
    feeds.oneHot = new Tensor('uint8', bits, [rows, width]);
  }
  if (network.embeddedSlots > 0) feeds.embedded = new Tensor('int32', data.embedded, [rows, network.embeddedColumns]);
  return feeds;
}

const labelFeed = (labels: Float64Array, { mean, deviation }: TargetScale): Tensor =>
  new Tensor(
    'float32',
    Float32Array.from(labels, (label) => (label - mean) / deviation),
    [labels.length, 1],
  );
function weightFeed({ validation: { rows }, validationWeights }: NetworkJob): Tensor {
  const weights = validationWeights === null ? new Float32Array(rows).fill(1) : Float32Array.from(validationWeights);
  return new Tensor('float32', weights, [rows, 1]);
}
const vector = (values: Float32Array): Tensor => new Tensor('float32', values, [values.length]);

function rowsOf(tensor: Tensor, from: number, to: number): Tensor {
  const width = tensor.dims[1] ?? 1;
  const data = tensor.data as Float32Array | Uint8Array | Int32Array;
  return new Tensor(tensor.type, data.subarray(from * width, to * width), [to - from, width]);
}

function floats(result: InferenceSession.ReturnType, name: string): Float32Array {
  const data = result[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new TypeError(`the graph gave no float32 "${name}"`);
}
