import type { Harm, Incident, LeftOut } from './incident.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { slowRatio } from '../../../ml/simulation/latency.ts';
import type { Noise } from '../../../ml/simulation/noise.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { backtestPhases, type BacktestPhase } from './phases.ts';
import { bandRate } from './score-stream.ts';
import { segmentShare, segmentsOf } from './segment-stream.ts';

/** Standard deviation of the logarithm of a latency, as in the release bench. */
const latencySpread = 0.5;
const mostRate = 0.95;
const flat: Noise = { kind: 'flat' };

/** The incidents that releases under the policy are tried on, and those that cannot be made at this traffic or in this mode. */
export function incidentsFor(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
): { incidents: Incident[]; leftOut: LeftOut[] } {
  const made = [...harmless, ...harmful(backtestPhases(policy), traffic), ...asked(policy, traffic)];
  return {
    incidents: made.filter((one): one is Incident => !('why' in one)),
    leftOut: [...made.filter((one): one is LeftOut => 'why' in one), ...unseen(policy)],
  };
}

/** Guards of the policy that simulated traffic cannot test. */
const unseen = ({ guards }: ReleasePolicy): LeftOut[] => [
  ...(guards.fairness === null ? [] : [{ incident: 'harm to one group', why: 'no groups are simulated' }]),
  ...(guards.value === null ? [] : [{ incident: 'answers that are worth less', why: 'no values are simulated' }]),
  ...(guards.maxScoreShift === null ? [] : [{ incident: 'shift of the score', why: 'no scores are simulated' }]),
];

const quiet = (name: string, noise: Noise, more: Partial<Incident> = {}): Incident => ({
  name,
  kind: 'harmless',
  noise,
  burst: 1,
  harm: {},
  from: 0,
  ...more,
});

const harmless: readonly Incident[] = [
  quiet('no difference', flat),
  quiet('daily wave', { kind: 'dailyWave', rateSwing: 0.5, trafficSwing: 0.5 }),
  quiet('shared outage, errors x 20 for 10 min', { kind: 'outage', minutes: 10, factor: 20 }),
  quiet('bursts of 5 errors a key', flat, { burst: 5 }),
  quiet(
    "noise of one arm's machines",
    { kind: 'autocorrelated', correlation: 0.8, deviation: 0.5, own: true },
    { kind: 'unclear' },
  ),
];

function harmful(phases: readonly BacktestPhase[], traffic: DeclaredTraffic): (Incident | LeftOut)[] {
  const { errorRate, slowRate, positiveRate } = traffic;
  const made = (name: string, harm: Harm, from = 0): Incident => quiet(name, flat, { kind: 'harmful', harm, from });
  const without = (incident: string, why: string): LeftOut => ({ incident, why });
  const errors = (name: string, ratio: number, from: number, missing: string): Incident | LeftOut => {
    if (errorRate === 0) return without(name, 'the champion has no errors at this traffic');
    return from < 0 ? without(name, missing) : made(name, { errorRatio: ratio }, from);
  };
  const slow = (factor: number): Incident | LeftOut => {
    const name = `latency x ${factor}`;
    return slowRate === 0 || slowRate === 1
      ? without(name, "none, or all, of the champion's answers are slow at this traffic")
      : made(name, { slowRatio: slowRatio(factor, latencySpread, 1 - slowRate) });
  };
  const secondStep = phases.findIndex(({ kind, step }) => kind === 'canary' && step === 1);
  return [
    errors('errors x 2', 2, 0, ''),
    errors('errors x 5', 5, 0, ''),
    errors('errors x 5 from step 2 on', 5, secondStep, 'the mode has no second step'),
    errors(
      'errors x 5 from the bake on',
      5,
      phases.findIndex(({ kind }) => kind === 'bake'),
      'the mode has no bake',
    ),
    slow(1.5),
    slow(3),
    ...[0.01, 0.02, 0.05].map((drop) =>
      traffic.labelsPerHour === 0
        ? without(accuracyName(drop), 'no labels come at this traffic')
        : made(accuracyName(drop), { drop }),
    ),
    positiveRate === 0 || positiveRate === 1
      ? without('rarer prediction x 3', 'all predictions are alike at this traffic')
      : made('rarer prediction x 3', { positiveRate: skewed(positiveRate) }),
    phases.some(({ share }) => share > 0 && share < 1)
      ? made('broken split, odds x 1.5', { odds: 1.5 })
      : without('broken split, odds x 1.5', 'the mode splits no traffic'),
  ];
}

/** Harm that only guards see which the policy asks for. */
function asked(policy: ReleasePolicy, { errorRate }: DeclaredTraffic): (Incident | LeftOut)[] {
  const { bySegment, scoreBand, outOfRangeRatio } = policy.guards;
  const splits = backtestPhases(policy).some(({ share }) => share > 0 && share < 1);
  const made = (name: string, harm: Harm, why: string | null): Incident | LeftOut => {
    const missing = splits ? why : 'the mode splits no traffic';
    return missing === null ? quiet(name, flat, { kind: 'harmful', harm }) : { incident: name, why: missing };
  };
  const [segment] = segmentsOf(policy);
  const band = bandRate(policy);
  const diluted = 1 + (segmentRatio - 1) * segmentShare(policy);
  return [
    ...(bySegment === null
      ? []
      : [
          made(
            `errors x ${segmentRatio} where ${segment}`,
            { errorRatio: diluted, segmentErrorRatio: segmentRatio },
            errorRate === 0 ? 'the champion has no errors at this traffic' : null,
          ),
        ]),
    ...(scoreBand === null
      ? []
      : [
          made(
            'probabilities in the band x 3',
            { bandRate: Math.min(mostRate, 3 * band) },
            band === 0 || band >= mostRate ? 'no, or nearly all, probabilities are in the band' : null,
          ),
        ]),
    ...(outOfRangeRatio === null ? [] : [made('no probability in 2 % of the answers', { noProbability: 0.02 }, null)]),
  ];
}

const segmentRatio = 5;

const accuracyName = (drop: number): string => `accuracy -${Number((100 * drop).toPrecision(2))} %`;

/** The rarer label is predicted three times as often, up to nearly always. */
function skewed(positiveRate: number): number {
  const rarer = Math.min(mostRate, 3 * Math.min(positiveRate, 1 - positiveRate));
  return positiveRate <= 0.5 ? rarer : 1 - rarer;
}
