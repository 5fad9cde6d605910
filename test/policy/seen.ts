import type { ReleaseObservation } from '../../contracts/evidence/release.ts';

const nobody = { requests: 0, errors: 0, slow: 0, positives: 0, p50Ms: null, p99Ms: null };
const noKeys = { labels: 0, missing: 0, dropped: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 };

/** What an analysis sees before anything happened. */
export const nothingSeen: ReleaseObservation = {
  arms: { champion: nobody, canary: nobody },
  stepRequests: 0,
  events: { key: [], error: [], slow: [], positive: [], negative: [] },
  mirrored: { requests: 0, errors: 0, slow: 0, agree: 0, dropped: 0 },
  mirroredKeys: { keys: 0, errors: { champion: 0, canary: 0 }, slow: { champion: 0, canary: 0 } },
  bake: [],
  paired: noKeys,
  mature: noKeys,
  agreement: { pairs: 0, disagree: 0, missing: 0, scores: null },
  latencies: [],
  instances: [],
};

/** `more` in place of what was seen; all labels are as old as they must be, unless `more` has `mature` ones. */
export const seenWith = (seen: ReleaseObservation, more: Partial<ReleaseObservation>): ReleaseObservation => ({
  ...seen,
  mature: more.paired ?? seen.mature,
  ...more,
});
