import type { Activities } from '../../activities/index.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { GateResult, RetrainRequest, Run } from '../../contracts/run/run.ts';
import type { WorkPlan } from '../../contracts/work.ts';

const digest = `sha256:${'0'.repeat(64)}` as Digest;
const pass: GateResult = { evidence: digest, status: 'pass', reasons: [] };

const runOf = (model: string): Run => ({
  id: `bench/${model}`,
  model,
  startedAt: new Date().toISOString(),
  definition: digest,
  dataset: digest,
  selection: {},
  imported: null,
  seed: 1,
  champion: null,
  code: 'bench',
});

/** The activities of the pipeline with nothing inside: what remains is orchestration. */
export const noOpActivities = (plan: WorkPlan): Activities => {
  const candidate = { model: digest, fp32: digest, variant: 'fp32' as const };
  const snapshot = { manifest: digest, data: digest, rowCount: 0 };
  return {
    openRun: async (input) => ({
      run: runOf((input as RetrainRequest).model),
      approval: { require: 'never', deadlineMs: 60_000 },
      plan,
    }),
    openReproduction: async ({ model, version }) => ({ run: runOf(model), version, snapshot, plan }),
    compareTraining: async ({ run: { model }, version }) => ({
      evidence: digest,
      reproduction: {
        schema: 'pawl.reproduction/1',
        model,
        version,
        agreement: 'bytes',
        recorded: digest,
        trained: digest,
        weights: 0,
        predictions: 0,
        metric: { name: 'auc', recorded: 1, trained: 1 },
        rows: 0,
        environment: {},
      },
    }),
    snapshotDataset: async () => snapshot,
    checkDataset: async () => pass,
    planSearch: async () => ({ trials: [], next: [] }),
    trainTrial: async ({ step: { index } }) => ({ index, loss: 0 }),
    judgeSearch: async ({ run }) => ({ ...pass, definition: run.definition }),
    trainModel: async () => ({ candidate, evidence: digest }),
    tryModel: async () => pass,
    trainFold: async () => digest,
    judgeFolds: async () => pass,
    evaluateModel: async () => pass,
    assessFairness: async () => pass,
    explainModel: async () => pass,
    optimizeModel: async () => ({ ...pass, candidate }),
    benchmarkModel: async () => pass,
    registerModel: async ({ run }) => ({ model: run.model, version: 1, digest, evidence: digest }),
    recordApproval: async () => undefined,
    whenBusy: async () => 'wait',
    async openRelease({ request, holder }) {
      const { model } = request as RetrainRequest;
      return {
        status: 'open',
        work: plan,
        plan: {
          model,
          version: 1,
          champion: null,
          holder,
          definition: digest,
          startedAt: Date.now(),
          shadow: { sample: 1 },
          steps: [],
          deadlineMs: 60_000,
          analyzeEveryMs: 1_000,
          mode: 'canary',
          abShare: 0.5,
          holdback: 0,
          warmUpMs: 0,
          hotfix: false,
          retry: 1,
          approvers: 1,
          starter: null,
          guard: null,
        },
      };
    },
    recordRelease: async () => undefined,
    applyTraffic: async () => null,
    shiftTraffic: async () => ({ status: 'done', seq: 1, at: Date.now() }),
    analyzeRelease: async ({ phase }) => ({
      phase,
      status: 'pass',
      decision: 'advance',
      fired: [],
      fingerprint: null,
      evidence: null,
      reasons: [],
      at: Date.now(),
    }),
    rollBack: async () => ({ model: 'bench', champion: 1, from: 2, release: null }),
    observeModel: async () => ({ model: 'bench', status: 'pass', evidence: null, reasons: [], trigger: null }),
    closeRun: async ({ verdicts, outcome, version, reason }) => ({ verdicts, outcome, version, reason, report: null }),
  };
};
