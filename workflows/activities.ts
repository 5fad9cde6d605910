import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { QueueRole } from '../contracts/names.ts';
import type { WorkClass, WorkPlan } from '../contracts/work.ts';

type Opening =
  | 'openReproduction'
  | 'openRun'
  | 'openRelease'
  | 'whenBusy'
  | 'rollBack'
  | 'applyTraffic'
  | 'observeModel';
type Placed = Exclude<keyof Activities, Opening>;

const placement: Record<Placed, { queue: QueueRole; work: WorkClass; summary: string }> = {
  snapshotDataset: { queue: 'cpu', work: 'heavy', summary: 'Copy the rows into an immutable snapshot' },
  checkDataset: { queue: 'cpu', work: 'heavy', summary: 'Check the data, and its drift against the champion’s' },
  trainModel: { queue: 'gpu', work: 'training', summary: 'Train the candidate' },
  compareTraining: { queue: 'cpu', work: 'heavy', summary: 'Compare the second training with the version' },
  tryModel: { queue: 'cpu', work: 'heavy', summary: 'Ask the candidate made-up rows' },
  planSearch: { queue: 'pipeline', work: 'light', summary: 'Choose the trials that are trained next' },
  trainTrial: { queue: 'gpu', work: 'training', summary: 'Train by the settings of one trial' },
  judgeSearch: { queue: 'pipeline', work: 'light', summary: 'Choose the settings to train by' },
  trainFold: { queue: 'gpu', work: 'training', summary: 'Train on one fold, and test on its rows' },
  judgeFolds: { queue: 'cpu', work: 'heavy', summary: 'Judge the trainer by the mean of the folds' },
  evaluateModel: { queue: 'cpu', work: 'heavy', summary: 'Compare the candidate with the champion' },
  assessFairness: { queue: 'cpu', work: 'heavy', summary: 'Audit the candidate by group' },
  explainModel: { queue: 'cpu', work: 'heavy', summary: 'Measure which columns matter' },
  optimizeModel: { queue: 'cpu', work: 'heavy', summary: 'Quantize, and judge the variants again' },
  benchmarkModel: { queue: 'cpu', work: 'heavy', summary: 'Load a staging gateway with the candidate' },
  registerModel: { queue: 'pipeline', work: 'light', summary: 'Register an immutable version' },
  recordApproval: { queue: 'pipeline', work: 'light', summary: 'Record the decision' },
  closeRun: { queue: 'cpu', work: 'heavy', summary: 'Write the report and close the run' },
  shiftTraffic: { queue: 'release', work: 'light', summary: 'Change the deployment record' },
  recordRelease: { queue: 'release', work: 'light', summary: 'Record how the release ended' },
  analyzeRelease: { queue: 'release', work: 'analysis', summary: 'Analyze the evidence of the release' },
};

/** Error types are non-retryable by themselves; what is left here is retried until it works. */
const openingOptions = {
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} satisfies ActivityOptions;

// The activities that a workflow begins with run on its own queue: the plan is theirs to give.
export const { openRun } = proxyActivities<Activities>({
  ...openingOptions,
  summary: 'Pin definition, data, champion and code',
});
export const { openReproduction } = proxyActivities<Activities>({
  ...openingOptions,
  summary: 'Pin what the version was trained from',
});
export const { openRelease } = proxyActivities<Activities>({
  ...openingOptions,
  summary: 'Take the release of the model',
});
export const { whenBusy } = proxyActivities<Activities>({
  ...openingOptions,
  summary: 'Ask what the policy says about a release under way',
});
export const { rollBack } = proxyActivities<Activities>({ ...openingOptions, summary: 'Take traffic back' });
// A new split may wait until pods run, so a dead worker is seen by its silence. The next change waits until this one has ended.
export const { applyTraffic } = proxyActivities<Activities>({
  ...openingOptions,
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  summary: 'Make the platform serve by the deployment record',
});
export const { observeModel } = proxyActivities<Activities>({
  ...openingOptions,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  summary: 'Join log and feedback, and judge drift and live quality',
});

function optionsFor(name: Placed, plan: WorkPlan): ActivityOptions {
  const { queue, work, summary } = placement[name];
  const options = plan.work[work];
  return {
    taskQueue: plan.queues[queue],
    summary,
    startToCloseTimeout: options.startToCloseMs,
    ...(options.heartbeatMs === null ? {} : { heartbeatTimeout: options.heartbeatMs }),
    retry: {
      initialInterval: options.firstRetryMs,
      maximumInterval: options.longestRetryMs,
      ...(options.attempts === 0 ? {} : { maximumAttempts: options.attempts }),
    },
  };
}

export type PlacedActivities = Pick<Activities, Placed>;

/** Every other activity, on the queue and with the time-outs and retries of its class of work. */
export function activitiesFor(plan: WorkPlan): PlacedActivities {
  const proxies = Object.keys(placement).map((name) => {
    const placed = name as Placed;
    return [placed, proxyActivities<Activities>(optionsFor(placed, plan))[placed]] as const;
  });
  return Object.fromEntries(proxies) as unknown as PlacedActivities;
}
