import { qualityGateOf } from '../../contracts/model/task.ts';
import type { ReportInput } from '../../report/input.ts';
import type { DataEvidence } from '../../contracts/evidence/data.ts';
import type { FairnessEvidence } from '../../contracts/evidence/fairness.ts';
import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import { check } from '../../policy/check.ts';
import { judgeDrift } from '../../policy/gates/drift.ts';
import { judgeFairness } from '../../policy/gates/fairness.ts';
import { judgeQuality } from '../../policy/gates/quality.ts';
import { verdictOf } from '../../policy/verdict.ts';
import { audits } from './example-audits.ts';
import { definition, digestOf, run, runId } from './example-run.ts';

export const snapshot: NonNullable<ReportInput['snapshot']> = {
  schema: 'pawl.snapshot/1',
  dataset: 'acs-employment',
  source: 'acs-employment.parquet',
  selection: run.selection,
  csv: null,
  linesInCells: 0,
  timeless: 0,
  data: digestOf('data'),
  bytes: 581_220,
  rows: digestOf('rows'),
  rowCount: 69_904,
  columns: definition.features.map((name) => ({ name, type: 'VARCHAR' })),
  timeRange: { from: '2017', to: '2017' },
  provenance: 'US Census Bureau, American Community Survey, Public Use Microdata Sample, Massachusetts, persons',
  licence: 'Public domain',
};

const drift: DataEvidence['drift'] = [
  { column: 'AGEP', psi: 0.0021, lower: 0.0012, pValue: 1, adjusted: 1 },
  { column: 'SCHL', psi: 0.161, lower: 0.148, pValue: 1.2e-9, adjusted: 7.2e-9 },
  { column: 'MAR', psi: 0.0009, lower: 0.0003, pValue: 1, adjusted: 1 },
  { column: 'RELP', psi: 0.0342, lower: 0.0288, pValue: 0.87, adjusted: 1 },
  { column: 'DIS', psi: 0.0001, lower: 0, pValue: 1, adjusted: 1 },
  { column: 'ESP', psi: 0.0004, lower: 0.0001, pValue: 1, adjusted: 1 },
];

const profileOf = (column: string): DataEvidence['profile']['columns'][number] => ({
  column,
  foundType: column === 'AGEP' ? 'INTEGER' : 'VARCHAR',
  rows: 69_904,
  nulls: 0,
  distinct: column === 'AGEP' ? 97 : 5,
  wrongType: 0,
  outOfRange: 0,
  notAllowed: 0,
  examples: [],
  min: column === 'AGEP' ? 0 : null,
  max: column === 'AGEP' ? 97 : null,
  mean: column === 'AGEP' ? 41.83 : null,
  deviation: column === 'AGEP' ? 23.4 : null,
  extremes: null,
  lostDigits: null,
  top: [
    { value: '1', rows: 38_100 },
    { value: '5', rows: 20_112 },
    { value: '3', rows: 6_700 },
  ],
});

export const data: DataEvidence = {
  schema: 'pawl.evidence.data/1',
  run: runId,
  snapshot: digestOf('data'),
  previousRows: 138_802,
  profile: {
    rows: 69_904,
    duplicateKeys: 0,
    unexpectedColumns: [],
    columns: definition.features.map(profileOf),
    labels: [
      { value: '1', rows: 30_902 },
      { value: '0', rows: 39_002 },
    ],
    unlistedLabels: 0,
    labelQuantiles: null,
    drift: [
      {
        column: 'SCHL',
        bins: ['16', '21', '19', '(other)'],
        reference: [28_000, 25_400, 20_100, 65_302],
        current: [9_100, 15_500, 10_300, 35_004],
      },
      {
        column: 'AGEP',
        bins: ['up to 8', '8 to 19', '19 to 40', '40 to 64', 'above 64'],
        reference: [13_800, 18_100, 36_000, 46_000, 24_902],
        current: [6_900, 9_020, 18_000, 22_800, 13_184],
      },
    ],
  },
  drift,
  verdict: verdictOf([
    check('rows', 'pass', 69_904, 500, '69904 rows, at least 500 are asked for'),
    check('rows.ratio', 'pass', 0.5036, 0.1, '69904 rows after 138802 in the snapshot before: ratio 0.5036'),
    check('id.unique', 'pass', 0, 0, 'every id is unique'),
    check('columns.type', 'pass', 0, 0, 'every value is of its declared type'),
    ...judgeDrift(drift, definition.data.psi),
  ]),
};

const differences: QualityEvidence['differences'] = [
  { metric: 'auc', estimate: 0.0072, lower: 0.0051, upper: 0.0094 },
  { metric: 'accuracy', estimate: 0.0121, lower: 0.0082, upper: 0.0159 },
  { metric: 'logLoss', estimate: -0.0131, lower: -0.0172, upper: -0.0089 },
  { metric: 'brier', estimate: 0.0011, lower: -0.0021, upper: 0.0042 },
];
export const candidateMetrics = {
  accuracy: 0.8412,
  precision: 0.8203,
  recall: 0.8299,
  f1: 0.8251,
  auc: 0.9027,
  logLoss: 0.3733,
  brier: 0.1163,
  ece: 0.0091,
};

const faults: QualityEvidence['faults'] = {
  kind: 'classes',
  rows: 13_981,
  notFinite: 0,
  outside: 0,
  first: null,
  labelAgreement: 1,
  agreementOf: 'pairs of a positive and a negative answer are in the order of their probabilities',
};

export const quality: QualityEvidence = {
  schema: 'pawl.evidence.quality/1',
  run: runId,
  model: digestOf('model'),
  task: 'binary',
  champion: 2,
  rows: 13_981,
  faults,
  errorCap: 1,
  meanLoss: 0.2,
  paired: { squaredDifference: 0.05, agreement: 0.95 },
  sameWithin: 0,
  predictionEdges: [],
  incomparable: null,
  candidate: candidateMetrics,
  baseline: null,
  championMetrics: {
    accuracy: 0.8291,
    precision: 0.8012,
    recall: 0.8402,
    f1: 0.8202,
    auc: 0.8955,
    logLoss: 0.3864,
    brier: 0.1152,
    ece: 0.0112,
  },
  differences,
  slices: [
    { column: 'SEX', value: '1', rows: 6_712, metrics: { accuracy: 0.8391, auc: 0.9011 } },
    { column: 'SEX', value: '2', rows: 7_269, metrics: { accuracy: 0.8431, auc: 0.9042 } },
    { column: 'DIS', value: '2', rows: 12_203, metrics: { accuracy: 0.8365, auc: 0.8931 } },
    { column: 'DIS', value: '1', rows: 1_778, metrics: { accuracy: 0.8735, auc: 0.8622 } },
  ],
  latency: { rowMicros: 3.41, singleMs: 0.182 },
  roc: Array.from({ length: 51 }, (_, index) => [(index / 50) ** 2, (index / 50) ** 0.22] as [number, number]),
  reliability: Array.from({ length: 15 }, (_, bin) => {
    const predicted = (bin + 0.5) / 15;
    return {
      predicted,
      observed: Math.min(1, Math.max(0, predicted + 0.03 * Math.sin(5 * predicted))),
      rows: 400 + 90 * (bin - 7) ** 2,
    };
  }),
  confusion: null,
  verdict: judgeQuality({
    candidate: candidateMetrics,
    faults,
    champion: 2,
    incomparable: null,
    differences,
    gate: qualityGateOf(definition, 'binary'),
  }),
};

export const fairness: FairnessEvidence = {
  schema: 'pawl.evidence.fairness/1',
  run: runId,
  model: digestOf('model'),
  champion: 2,
  rows: 13_981,
  attributes: audits,
  verdict: judgeFairness(audits, definition.fairness),
};
