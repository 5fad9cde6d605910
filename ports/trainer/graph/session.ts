import { createHash } from 'node:crypto';
import { InferenceSession } from 'onnxruntime-node';
import { planTuning } from '../../../ml/finetuning/plan.ts';
import { hasRole, judgingModel, tuningModel } from '../../../ml/finetuning/graphs.ts';
import { firstWeights, withoutNames, withWeights } from '../../../ml/finetuning/weights.ts';
import { decodeModel, encodeModel } from '../../../ml/onnx/proto.ts';
import { taskFor } from '../../../ml/tasks/index.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../../ml/training/checkpoint.ts';
import { isTraining, nextMember } from '../../../ml/training/members.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { GraphJob } from '../messages.ts';
import { evaluate, trainEpoch } from '../network/epoch.ts';
import { labelFeed, weightFeed } from '../network/feeds.ts';
import { noFiniteLoss } from '../network/session.ts';
import type { OnEpoch, TrainingOutcome } from '../port.ts';
import { probeGraph } from './probe.ts';
import { dataOf } from './rows.ts';

/** Adam at one rate, without dropout and statistics. */
const plain = { normalization: 'none', dropout: 0, hidden: [] } as const;

/**
 * Trains the weights of the job's model until patience or epochs end, and exports it with those of the best epoch. Throws `InvalidModelError`, before
 * the first epoch, for a graph that cannot be learnt through.
 */
export async function trainGraph(job: GraphJob, provider: string, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  const { settings, labelSpace: space } = job;
  const { head } = taskFor(space);
  const scale = head.scale(job.trainLabels);
  const own = decodeModel(job.graph);
  const model = withoutNames(own, hasRole);
  const plan = planTuning(model, space, settings.freeze, await probeGraph(model, job.train, space));
  const task = { space, head, scale };
  const fingerprint = fingerprintOf(job, [
    settings,
    createHash('sha256').update(job.graph).digest('hex'),
    job.train.rows,
    job.validation.rows,
  ]);
  let state = job.resume ? decodeCheckpoint(fingerprint, job.resume) : firstState(firstWeights(plan));
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const tuning = await InferenceSession.create(encodeModel(tuningModel(plan, task, settings.weightDecay)), options);
  const judging = await InferenceSession.create(encodeModel(judgingModel(plan, task)), options);
  try {
    const data = { ...(await dataOf(plan, job.train)), labels: labelFeed(job.trainLabels, scale) };
    const validation = {
      ...(await dataOf(plan, job.validation)),
      labels: labelFeed(job.validationLabels, scale),
      weights: weightFeed(job.validation.rows, job.validationWeights),
    };
    const of = {
      job: { ...job, settings: { ...settings, schedule: 'constant' as const, warmup: 0 } },
      network: plain,
      data,
      seed: job.seed,
    };
    for (let member = state.members[0]!; isTraining(settings, member, state); member = state.members[0]!) {
      const { trainLoss, ...after } = await trainEpoch(tuning, of, member);
      const report = {
        epoch: member.epoch + 1,
        trainLoss,
        validationLoss: await evaluate(judging, validation, after.theta),
      };
      if (!Number.isFinite(trainLoss + report.validationLoss)) {
        if (member.bestReport === null) throw noFiniteLoss(report);
        break;
      }
      state = { epoch: report.epoch, members: [nextMember(member, after, report)], curve: [...state.curve, report] };
      await onEpoch(report, encodeCheckpoint(fingerprint, state));
    }
  } finally {
    await tuning.release();
    await judging.release();
  }
  const { best, bestReport } = state.members[0]!;
  return {
    model: encodeModel(withWeights(own, plan, best)),
    settings,
    curve: state.curve,
    bestEpoch: bestReport?.epoch ?? 0,
    provider,
    parameters: plan.size,
    environment: environment(),
  };
}

function firstState(theta: Float32Array): TrainingState {
  const zeros = (): Float32Array => new Float32Array(theta.length);
  const member = { epoch: 0, step: 0, theta, moment1: zeros(), moment2: zeros(), best: theta, bestReport: null };
  return { epoch: 0, members: [member], curve: [] };
}
