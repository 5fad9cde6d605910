import { beatingApplyTraffic } from './apply-traffic.ts';
import { createAssessFairness } from './assess-fairness.ts';
import { createBenchmarkModel } from './benchmark-model.ts';
import { createCheckDataset } from './check-dataset.ts';
import { createCloseRun } from './close-run.ts';
import { createEvaluateModel } from './evaluate-model.ts';
import { createExplainModel } from './explain-model.ts';
import { beating, ending } from './heartbeat.ts';
import { createLookAtRelease } from './look-at-release.ts';
import { createObserveModel } from './observe-model.ts';
import { createOpenRelease } from './open-release.ts';
import { createOpenRun } from './open-run.ts';
import { createOptimizeModel } from './optimize-model.ts';
import type { Ports } from './ports.ts';
import { createRecordApproval } from './record-approval.ts';
import { createRecordRelease } from './record-release.ts';
import { createRegisterModel } from './register-model.ts';
import { createRollBack } from './roll-back.ts';
import { createShiftTraffic } from './shift-traffic.ts';
import { stoppablePorts } from './stoppable-ports.ts';
import { createSnapshotDataset } from './snapshot-dataset.ts';
import { createTrainModel } from './train-model.ts';
import { createWhenBusy } from './when-busy.ts';

/**
 * Every activity, in the order of the pipeline. Those that `beating` wraps are long: they heartbeat while they work. A cancellation
 * ends each of them within a second; `applyTraffic` and `trainModel` see to it themselves.
 */
export const createActivities = (opened: Ports) => activitiesWith(stoppablePorts(opened));

const activitiesWith = (ports: Ports) => ({
  openRun: ending(createOpenRun(ports)),
  snapshotDataset: beating(createSnapshotDataset(ports)),
  checkDataset: beating(createCheckDataset(ports)),
  trainModel: createTrainModel(ports),
  evaluateModel: beating(createEvaluateModel(ports)),
  assessFairness: beating(createAssessFairness(ports)),
  explainModel: beating(createExplainModel(ports)),
  optimizeModel: beating(createOptimizeModel(ports)),
  benchmarkModel: beating(createBenchmarkModel(ports)),
  registerModel: ending(createRegisterModel(ports)),
  recordApproval: ending(createRecordApproval(ports)),
  whenBusy: ending(createWhenBusy(ports)),
  openRelease: ending(createOpenRelease(ports)),
  shiftTraffic: ending(createShiftTraffic(ports)),
  applyTraffic: beatingApplyTraffic(ports),
  lookAtRelease: beating(createLookAtRelease(ports)),
  recordRelease: ending(createRecordRelease(ports)),
  rollBack: ending(createRollBack(ports)),
  observeModel: beating(createObserveModel(ports)),
  closeRun: beating(createCloseRun(ports)),
});
export type Activities = ReturnType<typeof createActivities>;
