import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { createRandom } from '../random.ts';
import { initialParameters, type Architecture } from './architecture.ts';
import type { LossReport, MemberState, TrainingState } from './checkpoint.ts';
import type { EncodedRows } from './encoding.ts';

/** Streams of the seed beyond those of epochs. */
const memberStream = 2 ** 30;

/** The seed of a network: the first has that of the training. */
export const memberSeed = (seed: number, member: number): number =>
  member === 0 ? seed : createRandom(seed, memberStream + member).integer(2 ** 32);

export function firstState(network: Architecture, rows: EncodedRows, seed: number, count: number): TrainingState {
  const members = Array.from({ length: count }, (_, index): MemberState => {
    const theta = initialParameters(network, rows, memberSeed(seed, index));
    const zeros = () => new Float32Array(network.trained);
    return { epoch: 0, step: 0, theta, moment1: zeros(), moment2: zeros(), best: theta, bestReport: null };
  });
  return { epoch: 0, members, curve: [] };
}

/** The network after an epoch, with its losses. */
export function nextMember(
  before: MemberState,
  after: Pick<MemberState, 'step' | 'theta' | 'moment1' | 'moment2'>,
  report: LossReport,
): MemberState {
  const isBetter = report.validationLoss < (before.bestReport?.validationLoss ?? Infinity);
  return {
    ...after,
    epoch: report.epoch,
    best: isBetter ? after.theta : before.best,
    bestReport: isBetter ? report : before.bestReport,
  };
}

/** Whether a network learns in the next epoch: its epochs and patience have not ended, and no loss was other than a number. */
export function isTraining(
  { epochs, patience }: Pick<SettingsOf<'network'>, 'epochs' | 'patience'>,
  { epoch, bestReport }: MemberState,
  state: Pick<TrainingState, 'epoch'>,
): boolean {
  return epoch === state.epoch && epoch < epochs && epoch - (bestReport?.epoch ?? 0) < patience;
}

/**
 * The mean losses of the networks, each by its report of the epoch, or by its best one where it has ended. The loss of the mean prediction is at
 * most that, as every loss is convex in the values that a network gives.
 */
export function meanReport(epoch: number, reports: readonly LossReport[]): LossReport {
  const mean = (of: (report: LossReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
  return {
    epoch,
    trainLoss: mean(({ trainLoss }) => trainLoss),
    validationLoss: mean(({ validationLoss }) => validationLoss),
  };
}
