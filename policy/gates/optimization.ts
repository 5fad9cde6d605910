import type { OptimizationEvidence, Variant } from '../../contracts/evidence/optimization.ts';
import { check, short } from '../check.ts';
import { payOff } from './variant.ts';
import { verdictOf } from '../verdict.ts';

export interface Choice extends Pick<OptimizationEvidence, 'verdict' | 'reason'> {
  readonly chosen: Variant;
}

/** Speeds closer than this are equal: timing tells no more. */
const sameSpeed = 0.95;

/**
 * Chooses among the variants that passed: the fastest over all batch sizes, and of those about as fast (within 5 %) the
 * smallest. fp32 stays where none passed, which is not a failure. `notMade` says why variants are missing.
 */
export function judgeOptimization(
  fp32: Variant,
  variants: readonly Variant[],
  notMade: readonly string[] = [],
): Choice {
  const chosen = bestOf(variants.filter(({ verdict }) => verdict.status === 'pass')) ?? fp32;
  const reason = chosen === fp32 ? whyNot(variants, notMade) : whyYes(chosen, fp32);
  return { chosen, reason, verdict: verdictOf([check('variant', 'pass', chosen.variant, null, reason)]) };
}

function bestOf(variants: readonly Variant[]): Variant | undefined {
  const fastest = Math.max(...variants.map(({ speedup }) => payOff(speedup)));
  return variants
    .filter(({ speedup }) => payOff(speedup) >= sameSpeed * fastest)
    .reduce<Variant | undefined>((best, variant) => (best && best.bytes <= variant.bytes ? best : variant), undefined);
}

function whyYes({ variant, speedup, bytes, agreement }: Variant, fp32: Variant): string {
  return `${variant} is ${short(payOff(speedup))} times as fast as fp32 at ${short(bytes / fp32.bytes)} of its size, and ${short(100 * agreement)} % of its answers agree`;
}

function whyNot(variants: readonly Variant[], notMade: readonly string[]): string {
  const failed = variants.map(({ variant, verdict }) => {
    const messages = verdict.checks.filter(({ status }) => status !== 'pass').map(({ message }) => message);
    return `${variant}: ${messages.join('; ')}`;
  });
  const reasons = [...failed, ...notMade];
  return `fp32 stays. ${reasons.length === 0 ? 'The definition asks for no variant' : reasons.join('. ')}`;
}
