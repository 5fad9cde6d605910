import { setImmediate } from 'node:timers/promises';
import type { Variant } from '../../../contracts/evidence/optimization.ts';
import type { Frame } from '../../../contracts/data/frame.ts';
import type { LoadedModel } from '../../../ports/inference/port.ts';
import { takeRows } from './take-rows.ts';

const mostRounds = 31;
const leastRounds = 7;
/** No new round begins after this long at one batch size. */
const longestMs = 1_500;
/** A sample repeats its pass for about this long, so that the clock's steps do not show. */
const sampleMs = 1;

/**
 * Time of fp32 divided by time of the variant, per batch size, on the given rows: medians of samples that take turns, so that
 * other work of the machine slows both down alike. Lets the event loop breathe between the rounds.
 */
export async function measureSpeedup(
  fp32: LoadedModel,
  variant: LoadedModel,
  rows: Frame,
  batchSizes: readonly number[],
): Promise<Variant['speedup']> {
  const speedup: Variant['speedup'] = [];
  for (const batch of batchSizes) {
    const feeds = fp32.feeds(takeRows(rows, 0, batch));
    speedup.push({
      batch,
      ratio: await ratioOf(
        () => fp32.run(feeds),
        () => variant.run(feeds),
      ),
    });
  }
  return speedup;
}

type Pass = () => Promise<unknown>;

async function ratioOf(one: Pass, other: Pass): Promise<number> {
  await timed(one, 3);
  await timed(other, 3);
  const passes = Math.max(1, Math.ceil(sampleMs / Math.max(0.001, await timed(one, 3))));
  const [ones, others]: [number[], number[]] = [[], []];
  const begin = performance.now();
  for (let round = 0; round < mostRounds; round += 1) {
    if (round >= leastRounds && performance.now() - begin > longestMs) break;
    if (round % 2 === 0) ones.push(await timed(one, passes));
    others.push(await timed(other, passes));
    if (round % 2 === 1) ones.push(await timed(one, passes));
    await setImmediate();
  }
  return median(ones) / median(others);
}

/** Milliseconds per pass. */
async function timed(pass: Pass, passes: number): Promise<number> {
  const before = performance.now();
  for (let i = 0; i < passes; i += 1) await pass();
  return Math.max(1e-6, (performance.now() - before) / passes);
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
