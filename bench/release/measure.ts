import { createRandom } from '../../ml/random.ts';
import type { Random } from '../../ml/random.ts';
import { quantileOfSorted } from '../../ml/statistics/quantile.ts';
import type { Decider } from './deciders/decider.ts';

/** How one method did in one cell. */
export interface MethodResult {
  readonly method: string;
  /** Whether its limit was set so that alarms on the harmless candidate of this setting came to at most alpha. */
  readonly tuned: boolean;
  readonly limit: number;
  readonly repeats: number;
  /** Share of the releases that were rolled back: false alarms where nothing is wrong, power elsewhere. */
  readonly alarms: number;
  /** Minutes to the rollback over all releases; null where so many never were. */
  readonly medianDelay: number | null;
  readonly p95Delay: number | null;
  /** Mean count until the rollback or the end: events served by the canary, or labels. */
  readonly meanCost: number;
  /** Its median over all releases; null where so many were never rolled back. */
  readonly medianCost: number | null;
}

/** A simulated world as the runner needs it. */
export interface Simulator<History extends { readonly minutes: number }> {
  readonly draw: (random: Random) => History;
  /** What a minute adds to the cost of leaving the candidate where it is. */
  readonly cost: (history: History, minute: number) => number;
}

interface Limit {
  readonly decider: number;
  readonly method: string;
  readonly tuned: boolean;
  readonly limit: number;
}

export const nominalLimits = (deciders: readonly Decider<never>[]): Limit[] =>
  deciders.flatMap(({ name, limits }, decider) =>
    limits.map((each) => ({
      decider,
      method: each.name === '' ? name : `${name}, ${each.name}`,
      tuned: false,
      limit: each.limit,
    })),
  );

/** The lowest limits at which at most a share alpha of the releases, whose highest evidence is given by decider, is rolled back. */
export const tunedLimits = (
  deciders: readonly Decider<never>[],
  highest: readonly Float64Array[],
  alpha: number,
): Limit[] =>
  deciders.map(({ name }, decider) => {
    const descending = (highest[decider] ?? new Float64Array()).toSorted().reverse();
    const past = descending[Math.floor(alpha * descending.length)] ?? 0;
    return { decider, method: name, tuned: true, limit: past + Math.max(1e-9, past * 1e-9) };
  });

/**
 * Releases, each shown to all deciders minute by minute. `whole`: watched to the end, so that the highest evidence of each
 * decider and release is known; else a release ends for a decider once it has passed all its limits.
 */
export function measure<History extends { readonly minutes: number }>(
  { draw, cost }: Simulator<History>,
  deciders: readonly Decider<History>[],
  limits: readonly Limit[],
  options: { repeats: number; seed: number; whole: boolean },
): { results: MethodResult[]; highest: Float64Array[] } {
  const { repeats, seed, whole } = options;
  const watched = limits.map((limit) => ({
    ...limit,
    delays: new Float64Array(repeats).fill(Infinity),
    costs: new Float64Array(repeats),
  }));
  const fields = deciders.map((decider, at) => {
    const mine = watched.filter((limit) => limit.decider === at);
    const most = whole ? Infinity : Math.max(...mine.map(({ limit }) => limit));
    return { decider, mine, most, highest: new Float64Array(repeats) };
  });
  for (let repeat = 0; repeat < repeats; repeat++) {
    const history = draw(createRandom(seed, repeat));
    const spent = new Float64Array(history.minutes);
    let sum = 0;
    for (let minute = 0; minute < history.minutes; minute++) spent[minute] = sum += cost(history, minute);
    for (const { decider, mine, most, highest } of fields) {
      const evidence = decider.open();
      let record = 0;
      for (let minute = 0; minute < history.minutes && record < most; minute++) {
        const value = evidence(history, minute);
        if (value <= record) continue;
        for (const { limit, delays } of mine) if (record < limit && value >= limit) delays[repeat] = minute + 1;
        record = value;
      }
      highest[repeat] = record;
    }
    for (const { delays, costs } of watched) {
      costs[repeat] = spent[Math.min(history.minutes, delays[repeat] ?? Infinity) - 1] ?? 0;
    }
  }
  return { results: watched.map(summarize), highest: fields.map(({ highest }) => highest) };
}

function summarize({
  method,
  tuned,
  limit,
  delays,
  costs,
}: Limit & { delays: Float64Array; costs: Float64Array }): MethodResult {
  const repeats = delays.length;
  const rolledBack = (values: Float64Array): Float64Array =>
    values.filter((_, repeat) => (delays[repeat] ?? Infinity) < Infinity).sort();
  const [alarmed, spent] = [rolledBack(delays), rolledBack(costs)];
  return {
    method,
    tuned,
    limit,
    repeats,
    alarms: alarmed.length / repeats,
    medianDelay: quantileOfAll(alarmed, repeats, 0.5),
    p95Delay: quantileOfAll(alarmed, repeats, 0.95),
    meanCost: costs.reduce((sum, cost) => sum + cost, 0) / repeats,
    medianCost: quantileOfAll(spent, repeats, 0.5),
  };
}

/** The quantile over all releases; only some have a value, in ascending order; null where it falls on the others. */
function quantileOfAll(sorted: Float64Array, all: number, p: number): number | null {
  const at = p * (all - 1);
  if (Math.ceil(at) >= sorted.length) return null;
  return quantileOfSorted(sorted, at / Math.max(1, sorted.length - 1));
}
