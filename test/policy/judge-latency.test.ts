import { describe, expect, test } from 'vitest';
import { latencyBinOf, type LatencyStretch } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { compareHistograms } from '../../ml/sequential/ks-band.ts';
import { percent } from '../../policy/check.ts';
import { latencyChecks } from '../../policy/release/checks/latency.ts';
import { definition } from './definition.ts';

const { release: policy } = definition;

/** Keys with latencies around 5 ms, as a logarithmic normal distribution has them, times a factor. */
function keysOf(count: number, factor: number, seed: number): LatencyStretch['champion'] {
  const random = createRandom(seed);
  const bins = new Map<number, number>();
  for (let key = 0; key < count; key++) {
    const bin = latencyBinOf(5 * factor * Math.exp(0.4 * random.normal()));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return [...bins].toSorted(([a], [b]) => a - b);
}
const stretch = (share: number, factor: number, seed = 1): LatencyStretch => ({
  share,
  champion: keysOf(9_000, 1, seed),
  canary: keysOf(1_000, factor, seed + 100),
});
const judge = (...latencies: LatencyStretch[]) => latencyChecks({ latencies }, policy);

describe('latencies of a release', () => {
  test('say nothing where nothing was compared', () => {
    expect(judge()).toEqual([]);
  });
  test('pass where the versions are as fast, and where the canary is faster', () => {
    for (const factor of [1, 0.7]) expect(judge(stretch(0.1, factor))).toMatchObject([{ status: 'pass' }]);
    expect(judge({ share: 0.1, champion: [[3, 5]], canary: [] })).toMatchObject([{ status: 'pass' }]);
  });
  test('warn of slower answers though hardly one is slower than the limit, and name share, part and time', () => {
    const [check] = judge(stretch(0.1, 1), stretch(0.25, 1.3));
    expect(check).toMatchObject({ name: 'latency', status: 'warn', required: false });
    expect(check?.message).toMatch(
      /^at 25 % of the traffic 2\d % more of the canary's keys wait longer than [56]\.\d ms than of the champion's \(within \d+ %\)$/,
    );
  });
  test('share their level evenly among the steps and the bake that the policy plans, or what was seen if that is more', () => {
    const [champion, canary] = [
      [500, 500],
      [200, 800],
    ];
    const seen = {
      share: 0.1,
      champion: champion.map((keys, bin): [number, number] => [10 + bin, keys]),
      canary: canary.map((keys, bin): [number, number] => [10 + bin, keys]),
    };
    const within = (parts: number) =>
      percent(Number(compareHistograms(champion, canary, 0.01 / parts).limit.toPrecision(2)));
    // Three steps and a bake.
    expect(policy.steps).toHaveLength(3);
    expect(judge(seen)[0]?.message).toContain(`(within ${within(4)})`);
    const many = Array.from({ length: 1000 }, () => seen);
    expect(judge(...many)[0]?.message).toContain(`(within ${within(1000)})`);
    expect(within(1000)).not.toBe(within(4));
    expect(within(1 / 4)).not.toBe(within(4));
  });
  test('never warn of harmless candidates more often than they may, looked at again and again', () => {
    let warned = 0;
    for (let repeat = 0; repeat < 60; repeat++) {
      const random = createRandom(7, repeat);
      const arms = { champion: new Map<number, number>(), canary: new Map<number, number>() };
      let isWarned = false;
      for (let key = 1; key <= 3_000 && !isWarned; key++) {
        const bins = random.next() < 0.25 ? arms.canary : arms.champion;
        const bin = latencyBinOf(5 * Math.exp(0.4 * random.normal()));
        bins.set(bin, (bins.get(bin) ?? 0) + 1);
        if (key % 100 > 0) continue;
        const [check] = judge({ share: 0.25, champion: [...arms.champion], canary: [...arms.canary] });
        isWarned = check?.status === 'warn';
      }
      if (isWarned) warned += 1;
    }
    expect(warned).toBeLessThanOrEqual(2);
  });
});
