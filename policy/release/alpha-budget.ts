import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';

/** A guard that alpha is shared with. */
export interface WeightedGuard {
  readonly name: string;
  /** From 0; only the proportions of weights matter. */
  readonly defaultWeight: number;
  /** Gateways judge it too, each by what it alone has seen. */
  readonly byGateways?: boolean;
}

/** The segment that is all of the traffic. */
export const wholeTraffic = 'all';

export type Decider = 'controlPlane' | 'gateway';

export interface AlphaDeclaration {
  /** Chance, in (0, 1), that the guards of one release and of all its retries roll back a harmless candidate. */
  readonly alpha: number;
  /** Names of the guards in force. */
  readonly guards: readonly string[];
  /** Weights by guard, from 0; only their proportions matter. @default each guard's `defaultWeight` */
  readonly weights?: Readonly<Record<string, number>>;
  /** Weights by segment, from 0. @default `{ all: 1 }` */
  readonly segments?: Readonly<Record<string, number>>;
  /** Guards that judge each segment; the others have all of their alpha on all of the traffic. @default all guards */
  readonly segmentGuards?: readonly string[];
  /** Gateways that judge by themselves, each by what it alone has seen of all of the traffic. @default 0 */
  readonly gateways?: number;
  /** Guards that gateways judge too. @default those in force that are `byGateways` */
  readonly gatewayGuards?: readonly string[];
  /** Part, in [0, 1], of such a guard's alpha on all of the traffic that the gateways share evenly. @default 0.2 */
  readonly gatewayPart?: number;
  /** Which try of the same digest this is, from 1. @default 1 */
  readonly retry?: number;
}

export interface AlphaShare {
  readonly guard: string;
  readonly segment: string;
  readonly decider: Decider;
  /** Deciders that have this alpha each: 1, or the number of gateways. */
  readonly instances: number;
  /** The guard fires when its evidence reaches 1 / alpha; never where this is 0. */
  readonly alpha: number;
}

export interface AlphaBudget {
  readonly alpha: number;
  readonly retry: number;
  /** What this try may spend: `alpha * retryShare(retry)`. */
  readonly available: number;
  /** What its shares add up to; up to rounding at most `available`. */
  readonly spent: number;
  readonly shares: readonly AlphaShare[];
}

/**
 * Part of the alpha that the k-th try of the same digest may spend: 6 / (pi k)^2, which adds up to 1 over all k from 1.
 */
export const retryShare = (retry: number): number => 6 / (Math.PI * retry) ** 2;

/**
 * Splits alpha over guards x segments x deciders x retries. By the union bound a harmless candidate is rolled back, by
 * any of them and over any number of retries, with a chance of at most alpha, however they depend on each other. `known` has
 * the default weights. Throws InvalidConfigError where a declaration names what does not exist or has no sum to share by.
 */
export function splitAlpha(declared: AlphaDeclaration, known: readonly WeightedGuard[]): AlphaBudget {
  const { guards, alpha, retry = 1, gateways = 0, gatewayPart = 0.2, segments = { [wholeTraffic]: 1 } } = declared;
  const judged =
    declared.gatewayGuards ??
    known.flatMap(({ name, byGateways }) => (byGateways === true && guards.includes(name) ? [name] : []));
  mustHold(alpha > 0 && alpha < 1, `alpha is ${alpha}: it must be between 0 and 1`);
  mustHold(Number.isInteger(retry) && retry >= 1, `retry is ${retry}: tries are counted from 1`);
  mustHold(Number.isInteger(gateways) && gateways >= 0, `${gateways} gateways: it must be a whole number from 0`);
  mustHold(gatewayPart >= 0 && gatewayPart <= 1, `the gateways' part is ${gatewayPart}: it must be from 0 to 1`);
  mustHold(new Set(guards).size === guards.length, `a guard is named twice: ${guards.join(', ')}`);
  mustBeKnown(Object.keys(declared.weights ?? {}), guards);
  mustBeKnown(judged, guards);
  mustBeKnown(declared.segmentGuards ?? [], guards);

  const byGuard = proportions(
    guards.map((guard) => [
      guard,
      declared.weights?.[guard] ?? known.find(({ name }) => name === guard)?.defaultWeight,
    ]),
    'guard',
  );
  const bySegment = proportions(Object.entries(segments), 'segment');
  const available = alpha * retryShare(retry);
  const undivided: typeof bySegment = [[wholeTraffic, 1]];
  const shares = byGuard.flatMap(([guard, guardPart]) =>
    (declared.segmentGuards?.includes(guard) === false ? undivided : bySegment).flatMap(
      ([segment, segmentPart]): AlphaShare[] => {
        const whole = available * guardPart * segmentPart;
        const alone: AlphaShare = { guard, segment, decider: 'controlPlane', instances: 1, alpha: whole };
        if (gateways === 0 || segment !== wholeTraffic || !judged.includes(guard)) return [alone];
        return [
          { ...alone, alpha: whole * (1 - gatewayPart) },
          { ...alone, decider: 'gateway', instances: gateways, alpha: (whole * gatewayPart) / gateways },
        ];
      },
    ),
  );
  const spent = shares.reduce((sum, share) => sum + share.instances * share.alpha, 0);
  return { alpha, retry, available, spent, shares };
}

/** The alpha of one guard; throws InvalidConfigError where the budget has no such share. */
export function alphaOf(
  { shares }: AlphaBudget,
  guard: string,
  segment: string = wholeTraffic,
  decider: Decider = 'controlPlane',
): number {
  const found = shares.find((share) => share.guard === guard && share.segment === segment && share.decider === decider);
  if (found === undefined)
    throw invalid(`no alpha was set aside for guard "${guard}" on segment "${segment}" (${decider})`);
  return found.alpha;
}

/** Chance that a candidate which is harmful by a metric is promoted. */
export const promotionAlpha = ({ promotion, alpha }: ReleasePolicy): number => promotion.alpha ?? alpha;

/**
 * Harmless candidates that so many releases roll back at most, in expectation (the sum of what they spend, also if they are
 * dependent), and the chance of at least one (union bound, in [0, 1]).
 */
export function expectedFalseRollbacks(budgets: readonly Pick<AlphaBudget, 'spent'>[]): {
  expected: number;
  atLeastOne: number;
} {
  const expected = budgets.reduce((sum, { spent }) => sum + spent, 0);
  return { expected, atLeastOne: Math.min(1, expected) };
}

function proportions(weights: readonly (readonly [string, number | undefined])[], what: string): [string, number][] {
  const known = weights.map(([name, weight]): [string, number] => {
    if (weight === undefined) throw invalid(`${what} "${name}" has no weight: declare one`);
    mustHold(weight >= 0 && weight < Infinity, `the weight of ${what} "${name}" is ${weight}: it must be 0 or more`);
    return [name, weight];
  });
  const sum = known.reduce((total, [, weight]) => total + weight, 0);
  mustHold(sum > 0, `the weights of the ${what}s add up to 0: give at least one of them a weight`);
  return known.map(([name, weight]) => [name, weight / sum]);
}

function mustBeKnown(names: readonly string[], guards: readonly string[]): void {
  for (const name of names) {
    mustHold(guards.includes(name), `there is no guard "${name}": in force are ${guards.join(', ') || 'none'}`);
  }
}

function mustHold(holds: boolean, message: string): void {
  if (!holds) throw invalid(message);
}

const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidConfig, message);
