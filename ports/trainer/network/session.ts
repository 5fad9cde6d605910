import { InferenceSession } from 'onnxruntime-node';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import { encodeModel } from '../../../ml/onnx/proto.ts';
import { taskFor } from '../../../ml/tasks/index.ts';
import { designNetwork } from '../../../ml/training/architecture.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type MemberState,
  type TrainingState,
} from '../../../ml/training/checkpoint.ts';
import { epochModel } from '../../../ml/training/epoch-graph.ts';
import { evaluationModel } from '../../../ml/training/evaluation-graph.ts';
import { exportedModel } from '../../../ml/training/export-graph.ts';
import { foldedDesign, foldedParameters } from '../../../ml/training/fold-normalization.ts';
import { firstState, isTraining, meanReport, memberSeed, nextMember } from '../../../ml/training/members.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { NetworkJob } from '../messages.ts';
import type { EpochReport, OnEpoch, TrainingOutcome } from '../port.ts';
import { evaluate, trainEpoch } from './epoch.ts';
import { dataFeeds, labelFeed, weightFeed } from './feeds.ts';

/**
 * Trains on the given execution provider until patience or epochs of each network end, and exports the mean of what the networks of their
 * best epochs give.
 */
export async function trainNetwork(job: NetworkJob, provider: string, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  const { settings, encoding, labelSpace: space, threshold } = job;
  const { head } = taskFor(space);
  const network = designNetwork(settings, encoding, head.width(space));
  const folded = foldedDesign(network);
  const scale = head.scale(job.trainLabels);
  const fingerprint = fingerprintOf(job, [settings, encoding, job.train.rows, job.validation.rows, network.size]);
  let state = job.resume
    ? decodeCheckpoint(fingerprint, job.resume)
    : firstState(network, job.train, job.seed, settings.seeds);
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const epochSession = await InferenceSession.create(encodeModel(epochModel(network, head, settings)), options);
  const evaluationSession = await InferenceSession.create(encodeModel(evaluationModel(folded, head)), options);
  try {
    const data = { ...dataFeeds(network, job.train), labels: labelFeed(job.trainLabels, scale) };
    const validation = {
      ...dataFeeds(network, job.validation),
      labels: labelFeed(job.validationLabels, scale),
      weights: weightFeed(job.validation.rows, job.validationWeights),
    };
    const advance = async (member: MemberState, index: number): Promise<Step> => {
      const of = { job, network, data, seed: memberSeed(job.seed, index) };
      const { trainLoss, ...after } = await trainEpoch(epochSession, of, member);
      const validationLoss = await evaluate(evaluationSession, validation, foldedParameters(network, after.theta));
      const report = { epoch: member.epoch + 1, trainLoss, validationLoss };
      if (Number.isFinite(trainLoss + validationLoss)) return { member: nextMember(member, after, report), report };
      if (member.bestReport === null) throw noFiniteLoss(report);
      return { member, report: member.bestReport };
    };
    for (;;) {
      const next = await nextState(settings, state, advance);
      if (next === null) break;
      state = next;
      await onEpoch(next.curve.at(-1)!, encodeCheckpoint(fingerprint, next));
    }
  } finally {
    await epochSession.release();
    await evaluationSession.release();
  }
  const { curve, members } = state;
  const thetas = members.map(({ best }) => foldedParameters(network, best));
  const answer = { space, scale, threshold };
  const model = encodeModel(exportedModel({ encoding, network: folded, thetas, head, answer }));
  const least = Math.min(...curve.map(({ validationLoss }) => validationLoss));
  return {
    model,
    settings,
    curve,
    bestEpoch: curve.find(({ validationLoss }) => validationLoss === least)?.epoch ?? 0,
    provider,
    parameters: network.trained * members.length,
    environment: environment(),
  };
}

interface Step {
  readonly member: MemberState;
  readonly report: EpochReport;
}

/** The state after an epoch of each network that still learns; null where none does. */
async function nextState(
  settings: NetworkJob['settings'],
  state: TrainingState,
  advance: (member: MemberState, index: number) => Promise<Step>,
): Promise<TrainingState | null> {
  const steps: Step[] = [];
  for (const [index, member] of state.members.entries()) {
    const { bestReport } = member;
    const isOver = bestReport !== null && !isTraining(settings, member, state);
    steps.push(isOver ? { member, report: bestReport } : await advance(member, index));
  }
  const epoch = state.epoch + 1;
  const members = steps.map(({ member }) => member);
  if (members.every((member) => member.epoch < epoch)) return null;
  const report = meanReport(
    epoch,
    steps.map(({ report }) => report),
  );
  return { epoch, members, curve: [...state.curve, report] };
}

/** Adam does not come back from a loss that is not a number, and without a best epoch the exported network would be an untrained one. */
export function noFiniteLoss({ epoch, trainLoss, validationLoss }: EpochReport): PawlError {
  const message = `epoch ${epoch} has training loss ${trainLoss} and validation loss ${validationLoss}, and no epoch before it was better: correct extreme values of the features, lower trainer.learningRate, or use kind: gbdt`;
  return new PawlError(errorTypes.invalidData, message);
}
