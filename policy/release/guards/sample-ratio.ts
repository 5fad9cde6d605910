import { planSampleRatio, smallestOdds } from '../../../ml/power/guards.ts';
import { sampleRatioEvidence } from '../../../ml/sequential/sample-ratio.ts';
import { whySplitless } from '../backtest/phases.ts';
import type { PlannedGuard } from '../plan/guard.ts';
import { half, neverCrosses, noSteps, onKeys } from '../plan/event-plans.ts';
import type { Setting } from '../plan/setting.ts';
import { always, type GuardDefinition } from './guard.ts';

/** Whether the split gives the canary its share of the keys. */
export const sampleRatio: GuardDefinition = {
  name: 'sampleRatio',
  harm: 'keys do not fall on the canary by its share',
  defaultWeight: 0.05,
  inForce: always,
  test: ({ events }) => ({
    eValue: sampleRatioEvidence(events.key),
    estimand: 'keys fall on the canary by the share in force',
  }),
  plan: planKeys,
  incidents: (policy) => [{ name: 'broken split, odds x 1.5', harm: { odds: 1.5 }, why: whySplitless(policy) }],
  docs: { evidence: 'keys by arm', hypothesis: '"keys fall by the share in force", a Bayes factor' },
};

function planKeys({ asked, traffic, alpha, ramp, policy }: Setting, guard: string): PlannedGuard {
  const common = onKeys(guard, alpha(guard), traffic, ramp);
  const { seed, repeats, odds } = asked;
  const row = { ...common, kind: 'odds' as const, value: odds };
  if (ramp.length === 0) return { ...row, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const plan = { ...common, ...traffic, steps: ramp, seed, repeats: half(repeats) };
  return { ...row, crossing: planSampleRatio({ ...plan, repeats, odds }), finds: smallestOdds(plan, asked.power) };
}
