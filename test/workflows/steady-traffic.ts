import type { EventCounts, ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';

export interface SteadyTraffic {
  /** Sticky keys a day, each mirrored once and answered by both versions. */
  readonly keysADay: number;
  /** The policy's `labels.maturity`, in milliseconds. */
  readonly maturityMs: number;
  /** Age at which the label of a request comes, in milliseconds; at most `maturityMs`. Null: never. */
  readonly labelAgeMs: number | null;
  /** How long after the begin of the bake the candidate begins to fail, in milliseconds. @default never */
  readonly failsAfterMs?: number;
}

const dayMs = 86_400_000;
/** Of the keys. The candidate is right 1 point more often. */
const discordant = { worse: 0.02, better: 0.03 };
const bakeShare = 0.8;

/** What the prediction log says at any time of a release under traffic that never changes, of a candidate that is a little better. */
export const steadyTraffic =
  ({ keysADay, maturityMs, labelAgeMs, failsAfterMs = Infinity }: SteadyTraffic) =>
  ({ since, bakeStarts, matureBefore }: ReleaseWindow): ReleaseObservation => {
    const now = matureBefore + maturityMs;
    const keysIn = (ms: number): number => Math.floor((keysADay * Math.max(0, ms)) / dayMs);
    const seen = keysIn(now - since);
    const split: EventCounts[] = [{ share: 0.5, champion: seen >> 1, canary: seen >> 1 }];
    const arm = { requests: seen, errors: 0, slow: 0, positives: seen >> 1, p50Ms: 1, p99Ms: 2 };
    const pairs = (keys: number, labels: number) => ({
      labels,
      missing: keys - labels,
      dropped: 0,
      championRight: Math.round(labels * 0.8),
      canaryRight: Math.round(labels * 0.8) + Math.round(labels * (discordant.better - discordant.worse)),
      worse: Math.round(labels * discordant.worse),
      better: Math.round(labels * discordant.better),
    });
    const labelled = labelAgeMs === null ? 0 : keysIn(now - since - labelAgeMs);
    const mature = keysIn(matureBefore - since);
    return {
      arms: { champion: arm, canary: arm },
      stepRequests: seen,
      events: { key: split, error: [], slow: [], positive: split, negative: split },
      mirrored: { requests: seen, errors: 0, slow: 0, agree: seen, dropped: 0 },
      mirroredKeys: { keys: seen, errors: { champion: 0, canary: 0 }, slow: { champion: 0, canary: 0 } },
      bake: bakeStarts.map((start) => ({
        error: failures({ from: start - (bakeStarts[0] ?? start), to: now - (bakeStarts[0] ?? start) }, failsAfterMs),
        slow: [],
      })),
      paired: pairs(seen, labelled),
      mature: pairs(mature, labelAgeMs === null ? 0 : mature),
      agreement: { pairs: 0, disagree: 0, missing: 0, scores: null },
      latencies: [],
      instances: [],
    };
  };

/** From `from` to `to` of the bake: one failure an hour, every fifth by the version before, as its share is; then twenty an hour by the candidate alone. */
function failures({ from, to }: Record<'from' | 'to', number>, failsAfterMs: number): EventCounts[] {
  const hours = (ms: number): number => Math.floor(ms / 3_600_000);
  const until = (ms: number) => {
    const harmless = hours(Math.min(ms, failsAfterMs));
    const champion = Math.ceil(harmless / 5);
    return { champion, canary: harmless - champion + 20 * hours(Math.max(0, ms - failsAfterMs)) };
  };
  const [before, now] = [until(from), until(to)];
  return [{ share: bakeShare, champion: now.champion - before.champion, canary: now.canary - before.canary }];
}
