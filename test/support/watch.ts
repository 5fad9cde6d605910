import { createRandom } from '../../ml/random.ts';
import type { Random } from '../../ml/random.ts';

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Plays so often with seeds of their own; `play` returns when the evidence fired, or null. */
export function watch(repeats: number, play: (random: Random) => number | null) {
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const time = play(createRandom(1000 + repeat));
    if (time !== null) times.push(time);
  }
  return { share: times.length / repeats, median: median(times), times };
}

/** The greatest share of alarms that so many repetitions may show when their chance is alpha: alpha and three Monte-Carlo errors. */
export const atMost = (alpha: number, repeats: number): number =>
  alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / repeats);
