import type { ArmHistory, ReleaseHistory } from '../../../ml/simulation/history.ts';
import { normalQuantile } from '../../../ml/statistics/normal.ts';
import type { Decider } from './decider.ts';
import { hodgesLehmann, mannWhitneyZ } from './mann-whitney.ts';

const confidence = 0.98;
const tolerance = 0.25;
/** Minutes from judgement to judgement. */
const interval = 5;

/**
 * Kayenta's judge: one point a minute and arm (the minute's rate; none without traffic), judged every 5 minutes on the window
 * that grows from the release's beginning. The metric is High when the lower end of the 98 % confidence interval of the
 * Mann-Whitney shift lies above a quarter of the Hodges-Lehmann estimate; only High counts. With c that quarter, this is the
 * same as a z statistic at shift c above the normal quantile at .99, which is the evidence here. Judged from 5 points an arm on.
 * Source: NetflixACAJudge and MannWhitneyClassifier of spinnaker/kayenta (confLevel .98, tolerance .25).
 */
export const kayentaDecider = (): Decider<ReleaseHistory> => ({
  name: 'Kayenta',
  limits: [{ name: '', limit: normalQuantile(1 - (1 - confidence) / 2) }],
  open() {
    const champion: number[] = [];
    const canary: number[] = [];
    let highest = 0;
    return (history, minute) => {
      if ((minute + 1) % interval !== 0) return highest;
      for (let at = minute + 1 - interval; at <= minute; at++) {
        addPoint(champion, history.champion, at);
        addPoint(canary, history.canary, at);
      }
      if (champion.length < interval || canary.length < interval) return highest;
      // No shift has stronger evidence than none at all: the estimate is only needed for a new record.
      if (!(mannWhitneyZ(canary, champion, 0) > highest)) return highest;
      const evidence = mannWhitneyZ(canary, champion, tolerance * Math.abs(hodgesLehmann(canary, champion)));
      if (evidence > highest) highest = evidence;
      return highest;
    };
  },
});

/** Keeps the points in ascending order. */
function addPoint(points: number[], { requests, events }: ArmHistory, minute: number): void {
  const total = requests[minute] ?? 0;
  if (total === 0) return;
  const rate = (events[minute] ?? 0) / total;
  let at = points.length;
  while (at > 0 && (points[at - 1] ?? 0) > rate) {
    points[at] = points[at - 1] ?? 0;
    at -= 1;
  }
  points[at] = rate;
}
