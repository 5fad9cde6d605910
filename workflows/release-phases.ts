import type { ReleasePlan, TrafficState } from '../contracts/release/release.ts';

export interface Phase {
  readonly kind: 'shadow' | 'canary' | 'bake';
  readonly step: number;
  /** Of the traffic, for the candidate. */
  readonly share: number;
  /** Whether a person must let the release go on once the phase is proven. */
  readonly pause: boolean;
  readonly traffic: TrafficState;
}

/** The first version of a model has nobody to be compared with: it goes straight to all traffic. */
export function phasesOf(plan: ReleasePlan): Phase[] {
  if (plan.champion === null) return [];
  const shadow: Phase = { kind: 'shadow', step: 0, share: 0, pause: false, traffic: { kind: 'shadow' } };
  const canary = (share: number, step: number, pause: boolean): Phase => ({
    kind: 'canary',
    step,
    share,
    pause,
    traffic: { kind: 'canary', share },
  });
  const steps = plan.steps.map(({ share, pause }, i) => canary(share, i, pause));
  if (plan.hotfix) return [...steps, bakeOf(plan)];
  switch (plan.mode) {
    case 'shadow':
      return [shadow];
    case 'ab':
      return [shadow, canary(plan.abShare, 0, false)];
    case 'blueGreen':
      return [shadow, bakeOf(plan)];
    case 'canary':
      return [shadow, ...steps, bakeOf(plan)];
  }
}

/** With a holdback the version before stays champion until the bake is over, and keeps the keys that never saw another. */
function bakeOf({ holdback }: ReleasePlan): Phase {
  const share = 1 - holdback;
  const traffic: TrafficState = holdback === 0 ? { kind: 'promoted' } : { kind: 'canary', share };
  return { kind: 'bake', step: 0, share, pause: false, traffic };
}

/** Whether the release only measures: the champion keeps its place in any case. */
export const onlyMeasures = ({ mode, hotfix }: ReleasePlan): boolean => !hotfix && (mode === 'shadow' || mode === 'ab');
