import type { LookMoment } from '../../policy/release/judge-look.ts';

/** A look long after its phase began, in the first try of a release that is compared with a champion. */
export const moment = (phase: LookMoment['phase'], more: Partial<LookMoment> = {}): LookMoment => ({
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
