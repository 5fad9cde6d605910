import type { Activities } from '../../activities/index.ts';
import type { AnalysisRequest } from '../../contracts/release/analysis-request.ts';
import type { Observed } from '../../activities/monitor/observe-model.ts';
import type { Ports } from '../../activities/ports.ts';
import { beatingApplyTraffic } from '../../activities/release/apply-traffic.ts';
import { saveDocument } from '../../activities/support/documents.ts';
import { createAnalyzeRelease } from '../../activities/release/analyze-release.ts';
import { createOpenRelease } from '../../activities/release/open-release.ts';
import { createOpenRun } from '../../activities/run/open-run.ts';
import { createRecordApproval } from '../../activities/run/record-approval.ts';
import { createRecordRelease } from '../../activities/release/record-release.ts';
import { createRegisterModel } from '../../activities/run/register-model.ts';
import { createJudgeSearch } from '../../activities/run/search/judge-search.ts';
import { createPlanSearch } from '../../activities/run/search/plan-search.ts';
import { createRollBack } from '../../activities/release/roll-back.ts';
import { createShiftTraffic } from '../../activities/release/shift-traffic.ts';
import { createWhenBusy } from '../../activities/release/when-busy.ts';
import { noOpActivities } from '../../bench/pipeline/no-op-activities.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { Stage } from '../../contracts/names.ts';
import type { Analysis } from '../../contracts/release/release.ts';
import type { GateResult, Run } from '../../contracts/run/run.ts';
import type { TrialOutcome, TrialStep } from '../../contracts/run/trial.ts';
import type { Status } from '../../contracts/verdict.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import type { ReleaseTarget } from '../../ports/release-target/port.ts';

/** What the stages of a model are to find. */
export interface Script {
  /** Verdicts of gates. @default pass */
  gates?: Partial<Record<Stage, Status>>;
  /** What an analysis decides; null asks the real one, which finds an empty log and holds. @default null */
  analysis?: (request: AnalysisRequest) => Analysis['decision'] | null | Promise<Analysis['decision'] | null>;
  /** Awaited before a release opens. */
  opening?: () => Promise<void>;
  /** What becomes of a step of a search. @default the loss is the number of the trial */
  trial?: (step: TrialStep) => Promise<TrialOutcome>;
  /** Awaited where training would be. */
  training?: () => Promise<void>;
  /** The run that did its training and its quality gate. @default each run does its own */
  from?: string;
  /** Awaited before the report is written. */
  report?: () => Promise<void>;
  /** Why the monitor asks for a run. @default null */
  trigger?: string;
  /** The platform that serves the model. @default our gateways */
  target?: ReleaseTarget;
  /** What the prediction log says of a release. @default what it holds */
  observe?: (window: ReleaseWindow) => ReleaseObservation;
}

/** What decides and what moves traffic is real; what computes finds what the script says. */
export function stubActivities(opened: Ports, scripts: ReadonlyMap<string, Script>): Activities {
  const { predictionLog } = opened;
  const ports: Ports = {
    ...opened,
    releaseTarget: (model) => scripts.get(model)?.target ?? opened.releaseTarget(model),
    predictionLog: {
      observe: async (window) => scripts.get(window.model)?.observe?.(window) ?? predictionLog.observe(window),
      live: (window) => predictionLog.live(window),
    },
  };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const judge = async (stage: Stage, run: Run): Promise<GateResult> => {
    const status = scripts.get(run.model)?.gates?.[stage] ?? 'pass';
    const from = stage === 'quality' ? scripts.get(run.model)?.from : undefined;
    const evidence = await ports.store.putBlob(text(`${stage} of ${run.id}: ${status}`));
    const told = [`${stage} was told to ${status}`];
    if (status === 'fail') return { evidence, status, reasons: [...told, 'a warning beside it'], failures: told };
    return { evidence, status, reasons: status === 'pass' ? [] : told, ...(from === undefined ? {} : { from }) };
  };
  const realOpen = createOpenRelease(ports);
  const realLook = createAnalyzeRelease(ports);
  return {
    ...noOpActivities(ports.work),
    openRun: createOpenRun(ports),
    registerModel: createRegisterModel(ports),
    recordApproval: createRecordApproval(ports),
    whenBusy: createWhenBusy(ports),
    async openRelease(input) {
      await scripts.get((input.request as { model: string }).model)?.opening?.();
      return realOpen(input);
    },
    shiftTraffic: createShiftTraffic(ports),
    applyTraffic: beatingApplyTraffic(ports),
    recordRelease: createRecordRelease(ports),
    rollBack: createRollBack(ports),
    checkDataset: ({ run }) => judge('data', run),
    planSearch: createPlanSearch(ports),
    judgeSearch: createJudgeSearch(ports),
    trainTrial: async ({ run, step }) =>
      (await scripts.get(run.model)?.trial?.(step)) ?? { index: step.index, loss: step.index },
    judgeFolds: ({ run }) => judge('folds', run),
    evaluateModel: ({ run }) => judge('quality', run),
    assessFairness: ({ run }) => judge('fairness', run),
    explainModel: ({ run }) => judge('explain', run),
    optimizeModel: async ({ run, candidate }) => ({ ...(await judge('optimize', run)), candidate }),
    benchmarkModel: ({ run }) => judge('staging', run),
    async trainModel({ run }) {
      await scripts.get(run.model)?.training?.();
      const model = await ports.store.putBlob(text(`model of ${run.id}`));
      const evidence = await saveDocument(ports.store, trainingEvidenceSchema, {
        schema: 'pawl.evidence.training/1',
        run: run.id,
        model,
        training: null,
      });
      const from = scripts.get(run.model)?.from;
      return {
        candidate: { model, fp32: model, variant: 'fp32' },
        evidence,
        ...(from === undefined ? {} : { from, note: 'More rounds may do better.' }),
      };
    },
    async analyzeRelease(request) {
      const { plan, phase } = request;
      const decision = (await scripts.get(plan.model)?.analysis?.(request)) ?? null;
      if (decision === null) return realLook(request);
      const status = decision === 'advance' ? 'pass' : decision === 'hold' ? 'inconclusive' : 'fail';
      return {
        phase,
        status,
        decision,
        evidence: null,
        reasons: [`told to ${decision}`],
        at: ports.now(),
        fired: decision === 'pause' ? ['errors'] : [],
        fingerprint: await ports.store.putBlob(text(`${plan.model} in ${phase}: ${decision}`)),
      };
    },
    async observeModel(input) {
      const { model } = typeof input === 'string' ? { model: input } : (input as Observed);
      const trigger = scripts.get(model)?.trigger ?? null;
      return { model, status: trigger === null ? 'pass' : 'warn', evidence: null, reasons: [], trigger };
    },
    async closeRun({ run, snapshot, verdicts, outcome, version, reason, release, withReport }) {
      if (withReport) await scripts.get(run.model)?.report?.();
      const report = !withReport ? null : await ports.store.putBlob(text(`report of ${run.id}`));
      const result = { outcome, version, verdicts, reason, report };
      const endedAt = new Date(ports.now()).toISOString();
      await ports.registry.recordRun({ schema: 'pawl.run/1', run, snapshot, release, result, endedAt });
      return result;
    },
  };
}
