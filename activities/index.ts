import { beatingApplyTraffic } from './release/apply-traffic.ts';
import { createAssessFairness } from './run/assess-fairness.ts';
import { createBenchmarkModel } from './run/benchmark-model.ts';
import { createCheckDataset } from './run/check-dataset.ts';
import { createCompareTraining } from './run/compare-training.ts';
import { createCloseRun } from './run/close-run.ts';
import { createEvaluateModel } from './run/evaluate-model.ts';
import { createJudgeFolds } from './run/judge-folds.ts';
import { createExplainModel } from './run/explain-model.ts';
import { beating, ending } from './support/heartbeat.ts';
import { createAnalyzeRelease } from './release/analyze-release.ts';
import { createObserveModel } from './monitor/observe-model.ts';
import { createOpenRelease } from './release/open-release.ts';
import { createOpenReproduction } from './run/open-reproduction.ts';
import { createOpenRun } from './run/open-run.ts';
import { createOptimizeModel, optimizedSchema } from './run/optimize-model.ts';
import { gateResultSchema } from '../contracts/run/run.ts';
import type { Ports } from './ports.ts';
import { reusing } from './support/reuse.ts';
import { createRecordApproval } from './run/record-approval.ts';
import { createRecordRelease } from './release/record-release.ts';
import { createRegisterModel } from './run/register-model.ts';
import { createRollBack } from './release/roll-back.ts';
import { createShiftTraffic } from './release/shift-traffic.ts';
import { stoppablePorts } from './support/stoppable-ports.ts';
import { createSnapshotDataset } from './run/snapshot-dataset.ts';
import { createJudgeSearch } from './run/search/judge-search.ts';
import { createPlanSearch } from './run/search/plan-search.ts';
import { createTrainTrial } from './run/search/train-trial.ts';
import { createTrainFold } from './run/train-fold.ts';
import { createTryModel } from './run/try-model.ts';
import { createTrainModel } from './run/train-model.ts';
import { createWhenBusy } from './release/when-busy.ts';

/**
 * Every activity, in the order of the pipeline. Those that `beating` wraps are long: they heartbeat while they work. A cancellation
 * ends each of them within a second; `applyTraffic` sees to it itself.
 */
export const createActivities = (opened: Ports) => activitiesWith(stoppablePorts(opened));

const activitiesWith = (ports: Ports) => ({
  openReproduction: ending(createOpenReproduction(ports)),
  openRun: ending(createOpenRun(ports)),
  snapshotDataset: beating(createSnapshotDataset(ports)),
  checkDataset: beating(createCheckDataset(ports)),
  planSearch: ending(createPlanSearch(ports)),
  trainTrial: beating(createTrainTrial(ports)),
  judgeSearch: ending(createJudgeSearch(ports)),
  trainModel: beating(createTrainModel(ports)),
  compareTraining: beating(createCompareTraining(ports)),
  tryModel: beating(createTryModel(ports)),
  trainFold: beating(createTrainFold(ports)),
  judgeFolds: beating(createJudgeFolds(ports)),
  evaluateModel: beating(reusing(ports, 'quality', gateResultSchema, createEvaluateModel(ports))),
  assessFairness: beating(reusing(ports, 'fairness', gateResultSchema, createAssessFairness(ports))),
  explainModel: beating(reusing(ports, 'explain', gateResultSchema, createExplainModel(ports))),
  optimizeModel: beating(reusing(ports, 'optimize', optimizedSchema, createOptimizeModel(ports))),
  benchmarkModel: beating(createBenchmarkModel(ports)),
  registerModel: ending(createRegisterModel(ports)),
  recordApproval: ending(createRecordApproval(ports)),
  whenBusy: ending(createWhenBusy(ports)),
  openRelease: ending(createOpenRelease(ports)),
  shiftTraffic: ending(createShiftTraffic(ports)),
  applyTraffic: beatingApplyTraffic(ports),
  analyzeRelease: beating(createAnalyzeRelease(ports)),
  recordRelease: ending(createRecordRelease(ports)),
  rollBack: ending(createRollBack(ports)),
  observeModel: beating(createObserveModel(ports)),
  closeRun: beating(createCloseRun(ports)),
});
export type Activities = ReturnType<typeof createActivities>;
