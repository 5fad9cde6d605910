import type { AnalysisMoment } from '../../policy/release/judge-analysis.ts';

/** An analysis long after its phase began, in the first try of a release that is compared with a champion. */
export const moment = (phase: AnalysisMoment['phase'], more: Partial<AnalysisMoment> = {}): AnalysisMoment => ({
  phase,
  elapsedMs: 10_000,
  step: 0,
  steps: 3,
  hasChampion: true,
  retry: 1,
  hotfix: false,
  acknowledged: [],
  ...more,
});
