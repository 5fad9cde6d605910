import { qualityGateOf } from '../../contracts/model/task.ts';
import type { OptimizationEvidence } from '../../contracts/evidence/optimization.ts';
import type { AnalysisEvidence } from '../../contracts/evidence/release.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { judgeOptimization } from '../../policy/gates/optimization.ts';
import { judgeVariant } from '../../policy/gates/variant.ts';
import { candidateMetrics } from './example-evidence.ts';
import { definition, digestOf } from './example-run.ts';

const same = { estimate: 0, lower: 0, upper: 0 };
export const fp32: OptimizationEvidence['variants'][number] = {
  variant: 'fp32',
  model: digestOf('model'),
  bytes: 41_320,
  metrics: candidateMetrics,
  accuracyChange: same,
  differences: [],
  agreement: 1,
  worstGroupLoss: 0,
  speedup: [
    { batch: 1, ratio: 1 },
    { batch: 64, ratio: 1 },
  ],
  verdict: { status: 'pass', checks: [] },
};
const variantOf = (variant: 'dynamicInt8' | 'staticInt8', bytes: number, ratio: number, lower: number) => {
  const measured = {
    accuracyChange: { estimate: lower / 3, lower, upper: -lower / 4 },
    differences: [
      { metric: 'auc' as const, estimate: lower / 6, lower: lower / 2, upper: -lower / 9 },
      { metric: 'logLoss' as const, estimate: 0.0004, lower: -0.0003, upper: 0.0011 },
    ],
    agreement: 0.9931,
    speedup: [
      { batch: 1, ratio },
      { batch: 64, ratio: ratio * 1.1 },
    ],
  };
  const groups = [{ attribute: 'SEX', group: '2', rise: 0.0012, limit: 0.02 }];
  const verdict = judgeVariant(
    { ...measured, groups, accuracy: 'accuracy', fp32: candidateMetrics },
    definition.optimize,
    qualityGateOf(definition, 'binary'),
  );
  return {
    ...measured,
    variant,
    model: digestOf(variant),
    bytes,
    metrics: candidateMetrics,
    worstGroupLoss: 0.0012,
    verdict,
  };
};
export const variants = [
  variantOf('dynamicInt8', 14_050, 0.61, -0.0011),
  variantOf('staticInt8', 15_880, 0.83, -0.0064),
];
export const choice = judgeOptimization(fp32, variants);

export const measurement = {
  requests: 750,
  errors: 0,
  overloaded: 0,
  durationMs: 5_004,
  offered: 149.9,
  throughput: 149.8,
  latencyMs: { p50: 1.92, p95: 4.31, p99: 9.87, max: 41.2 },
  memoryMb: 214.3,
  failures: [],
  machine: { idle: 0.61, steal: 0, gateway: 0.24, others: 0.15 },
};

const counts = (share: number, champion: number, canary: number) => [{ share, champion, canary }];
const paired = {
  labels: 1_492,
  missing: 0,
  dropped: 0,
  championRight: 1_237,
  canaryRight: 1_190,
  worse: 91,
  better: 44,
};
const observation: AnalysisEvidence['observation'] = {
  arms: {
    champion: { requests: 8_410, errors: 0, slow: 3, positives: 3_720, p50Ms: 1.8, p99Ms: 9.2 },
    canary: { requests: 1_270, errors: 0, slow: 1, positives: 502, p50Ms: 1.8, p99Ms: 9.6 },
  },
  stepRequests: 612,
  events: {
    key: counts(0.13, 8_102, 1_214),
    error: [],
    slow: counts(0.13, 3, 1),
    positive: counts(0.13, 3_590, 481),
    negative: counts(0.13, 4_512, 733),
  },
  mirrored: { requests: 9_680, errors: 0, slow: 5, agree: 9_021, dropped: 0 },
  mirroredKeys: { keys: 9_316, errors: { champion: 0, canary: 0 }, slow: { champion: 4, canary: 5 } },
  bake: [],
  paired,
  mature: paired,
  agreement: { pairs: 0, disagree: 0, missing: 0, scores: null },
  latencies: [],
  instances: [
    {
      instance: 'gateway-8080',
      requests: 9_680,
      errors: 0,
      arms: { champion: { requests: 8_410, errors: 0 }, canary: { requests: 1_270, errors: 0 } },
    },
  ],
};
export const looked = judgeAnalysis(observation, definition.release, {
  phase: 'canary',
  elapsedMs: 60_000,
  step: 1,
  steps: 3,
  hasChampion: true,
  retry: 1,
  hotfix: false,
  acknowledged: [],
});
export const lastAnalysis: AnalysisEvidence = {
  schema: 'pawl.evidence.analysis/1',
  model: 'employment',
  version: 3,
  champion: 2,
  holder: 'release/employment/5f1c',
  phase: 'canary',
  step: 1,
  at: Date.UTC(2026, 2, 2, 3, 41, 12),
  observation,
  ...looked,
};
