import type { DataEvidence } from '../../contracts/evidence/data.ts';
import type { ReportInput } from '../../report/input.ts';
import { tablesOfReport } from '../../report/tables.ts';
import type { StageVerdict } from '../../contracts/run/run.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { check } from '../../policy/check.ts';
import { judgeStaging } from '../../policy/gates/staging.ts';
import { reasonsOf, verdictOf } from '../../policy/verdict.ts';
import { data, fairness, quality, snapshot } from './example-evidence.ts';
import { choice, fp32, lastAnalysis, looked, measurement, variants } from './example-release.ts';
import { definition, digestOf, run, runId } from './example-run.ts';

const stageVerdict = (stage: string, verdict: Verdict): StageVerdict => ({
  stage,
  status: verdict.status,
  evidence: digestOf(`evidence of ${stage}`),
  reasons: reasonsOf(verdict),
});
const stagingVerdict = judgeStaging(measurement, definition.staging);

/** A run whose candidate looked better offline and was taken back by the live labels. */
export const rolledBackRun: ReportInput = {
  run,
  definition,
  snapshot,
  data,
  trial: null,
  search: null,
  folds: null,
  training: {
    schema: 'pawl.evidence.training/1',
    run: runId,
    model: digestOf('model'),
    training: {
      settings: { ...definition.trainer },
      seed: 7,
      rows: { train: 48_933, validation: 6_990 },
      curve: Array.from({ length: 14 }, (_, epoch) => ({
        epoch: epoch + 1,
        trainLoss: 0.352 + 0.2 * Math.exp(-epoch / 2.2),
        validationLoss: 0.368 + 0.17 * Math.exp(-epoch / 1.8) + 0.0004 * epoch,
      })),
      bestEpoch: 10,
      provider: 'cpu',
      parameters: 9_537,
      codes: {},
      environment: { node: '20.19.5', 'onnxruntime-node': '1.30.0', platform: 'linux x64' },
      resumed: { epoch: 6, run: null, unusable: null },
      ms: 14_210,
    },
  },
  quality,
  fairness,
  explanation: {
    schema: 'pawl.evidence.explanation/1',
    run: runId,
    model: digestOf('model'),
    rows: 5_000,
    metric: 'auc',
    screenedOut: 0,
    importances: [
      { column: 'AGEP', mean: 0.1412, deviation: 0.0031 },
      { column: 'SCHL', mean: 0.0519, deviation: 0.0022 },
      { column: 'DIS', mean: 0.0311, deviation: 0.0019 },
      { column: 'RELP', mean: 0.0204, deviation: 0.0014 },
      { column: 'MAR', mean: 0.0012, deviation: 0.0009 },
      { column: 'ESP', mean: -0.0002, deviation: 0.0004 },
    ],
    verdict: verdictOf([
      check('explanation', 'pass', 'AGEP, SCHL, DIS', null, 'the columns that matter most: AGEP, SCHL, DIS'),
    ]),
  },
  optimization: {
    schema: 'pawl.evidence.optimization/1',
    run: runId,
    variants: [fp32, ...variants],
    chosen: choice.chosen.variant,
    reason: choice.reason,
    verdict: choice.verdict,
  },
  staging: { schema: 'pawl.evidence.staging/1', run: runId, measurement, attempts: 1, verdict: stagingVerdict },
  approval: {
    decision: 'approved',
    by: 'demo',
    reason: 'better on every metric offline',
    evidence: digestOf('subject'),
    at: '2026-03-02T03:06:41.000Z',
    via: 'update',
  },
  release: {
    outcome: 'rolledBack',
    model: 'employment',
    version: 3,
    reason: reasonsOf(looked.verdict).join('; '),
    analyses: 41,
    evidence: digestOf('analysis'),
    rollbackMs: 143,
  },
  lastAnalysis,
  tables: await tablesOfReport({ data, quality, fairness }),
  result: {
    outcome: 'rolledBack',
    version: 3,
    verdicts: [
      stageVerdict('data', data.verdict),
      stageVerdict('quality', quality.verdict),
      stageVerdict('fairness', fairness.verdict),
      { stage: 'explain', status: 'pass', evidence: digestOf('evidence of explain'), reasons: [] },
      { ...stageVerdict('optimize', choice.verdict), reasons: [choice.reason] },
      stageVerdict('staging', stagingVerdict),
    ],
    reason: reasonsOf(looked.verdict).join('; '),
    report: null,
  },
};

const nothingLater = {
  training: null,
  quality: null,
  fairness: null,
  explanation: null,
  optimization: null,
  staging: null,
  approval: null,
  release: null,
  lastAnalysis: null,
} satisfies Partial<ReportInput>;

const corrupted = verdictOf([
  check('rows', 'pass', 4_000, 500, '4000 rows, at least 500 are asked for'),
  check('SCHL.present', 'fail', 'missing', 'present', 'SCHL: the column is missing in the file'),
  check('AGEP.range', 'fail', 37, 0, 'AGEP: 37 values are outside [0, 99] (for example 412, -3)'),
  check('id.unique', 'fail', 120, 0, '120 rows repeat the key id of another row'),
]);

const corruptedData: DataEvidence = {
  ...data,
  profile: {
    ...data.profile,
    rows: 4_000,
    duplicateKeys: 120,
    drift: [],
    columns: data.profile.columns.map((column) =>
      column.column === 'SCHL'
        ? { ...column, foundType: null }
        : column.column === 'AGEP'
          ? { ...column, outOfRange: 37 }
          : column,
    ),
  },
  drift: [],
  verdict: corrupted,
};

/** A run that was stopped at the data checks: no training happened. */
export const stoppedRun: ReportInput = {
  ...rolledBackRun,
  ...nothingLater,
  data: corruptedData,
  tables: await tablesOfReport({ data: corruptedData, quality: null, fairness: null }),
  result: {
    outcome: 'stopped',
    version: null,
    verdicts: [stageVerdict('data', corrupted)],
    reason: `data: ${reasonsOf(corrupted).join('; ')}`,
    report: null,
  },
};

/** The same candidate, had the labels spoken for it. */
export const promotedRun: ReportInput = {
  ...rolledBackRun,
  release: {
    outcome: 'promoted',
    model: 'employment',
    version: 3,
    reason: 'every phase passed',
    analyses: 58,
    evidence: null,
    rollbackMs: null,
  },
  lastAnalysis: null,
  result: { ...rolledBackRun.result, outcome: 'promoted', reason: 'every phase passed' },
};

const firstEvidence = {
  data: { ...data, previousRows: null, drift: [], profile: { ...data.profile, drift: [] } },
  quality: { ...quality, champion: null, championMetrics: null, differences: [] },
  fairness: {
    ...fairness,
    champion: null,
    attributes: fairness.attributes.map((audit) => ({
      ...audit,
      groups: audit.groups.map((group) => ({ ...group, championLoss: null, loss: null })),
      metrics: audit.metrics.map((metric) => ({ ...metric, champion: null })),
    })),
  },
};

/** A first run: there is no champion to compare with. */
export const firstRun: ReportInput = {
  ...promotedRun,
  ...firstEvidence,
  run: { ...run, champion: null },
  tables: await tablesOfReport(firstEvidence),
};
