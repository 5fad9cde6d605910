import type { MirroredTraffic } from '../../ml/simulation/labels.ts';
import { slowRatio } from '../../ml/simulation/latency.ts';
import type { Noise } from '../../ml/simulation/noise.ts';
import type { ShareStep, SimulatedTraffic } from '../../ml/simulation/traffic.ts';

/** A harm, as a change of the setting's world. */
export interface Effect<World> {
  readonly name: string;
  readonly world: World;
}

/** Conditions under which a harmless candidate (`world`) and worse ones are released. */
export interface Setting<World> {
  readonly name: string;
  /** Repetitions: as a share of the most. */
  readonly weight: number;
  readonly world: World;
  readonly baseRate: number;
  readonly effects: readonly Effect<World>[];
  /** Whether a harmless candidate must not be rolled back more often than alpha here: both arms share the noise, or bursts are keyed. */
  readonly judged: boolean;
}

const ratios = [1.1, 1.25, 1.5, 2, 5];
/** Standard deviation of the logarithm of a latency. */
const latencySpread = 0.5;
const length = 120;
const day = 1440;

const rates = [60, 600, 6000];
const baseRates = [0.001, 0.01, 0.05];
const shares = [0.01, 0.05, 0.1, 0.5];
const ramp = (minutes: number): ShareStep[] =>
  [0.01, 0.05, 0.1, 0.25, 0.5].map((share) => ({ share, minutes: minutes / 5 }));

const traffic = (
  perMinute: number,
  baseRate: number,
  share: number,
  noise: Noise = { kind: 'flat' },
): SimulatedTraffic => ({
  minutes: length,
  keys: { kind: 'fresh', perMinute, burst: 1 },
  steps: [{ share, minutes: length }],
  baseRate,
  ratio: 1,
  noise,
});

const setting = (
  name: string,
  world: SimulatedTraffic,
  more: Partial<Setting<SimulatedTraffic>> = {},
): Setting<SimulatedTraffic> => ({
  name,
  weight: 1,
  world,
  baseRate: world.baseRate,
  effects: ratios.map((ratio) => ({ name: `ratio ${ratio}`, world: { ...world, ratio } })),
  judged: true,
  ...more,
});

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
export const mainName = (perMinute: number, share: number, baseRate: number): string =>
  `${perMinute} a minute, share ${percent(share)}, base ${percent(baseRate)}`;

/** Rates x shares x base rates on flat traffic of keys that come once. */
const mainSettings = rates.flatMap((perMinute) =>
  shares.flatMap((share) =>
    baseRates.map((baseRate) => setting(mainName(perMinute, share, baseRate), traffic(perMinute, baseRate, share))),
  ),
);

const autocorrelated = (correlation: number, own: boolean): Noise => ({
  kind: 'autocorrelated',
  correlation,
  deviation: 0.5,
  own,
});
const wave: Noise = { kind: 'dailyWave', rateSwing: 0.5, trafficSwing: 0.5 };

const variedSettings = [600, 6000].flatMap((perMinute) => {
  const base = traffic(perMinute, 0.01, 0.1);
  const at = (name: string): string => `${perMinute} a minute, ${name}`;
  const noisy = (name: string, noise: Noise, judged = true): Setting<SimulatedTraffic> =>
    setting(at(name), { ...base, noise }, { judged });
  return [
    setting(at('ramp 1 to 50 %'), { ...base, steps: ramp(length) }),
    noisy('shared outage', { kind: 'outage', minutes: 10, factor: 20 }),
    ...[0, 0.5, 0.8].map((correlation) =>
      noisy(`shared noise, correlation ${correlation}`, autocorrelated(correlation, false)),
    ),
    ...[0, 0.5, 0.8].map((correlation) =>
      noisy(`own noise, correlation ${correlation}`, autocorrelated(correlation, true), false),
    ),
    setting(at('bursts of 5'), { ...base, keys: { kind: 'fresh', perMinute, burst: 5 } }),
    setting(
      at('sticky keys that always fail'),
      {
        ...base,
        keys: { kind: 'returning', population: 10 * perMinute, requestsPerMinute: 0.1, alwaysShare: 0.005 },
        baseRate: 0.005,
      },
      { baseRate: 0.01 },
    ),
    setting(at('latency over p99'), base, {
      effects: [1.1, 1.5].map((factor) => ({
        name: `p99 x ${factor}`,
        world: { ...base, ratio: slowRatio(factor, latencySpread) },
      })),
    }),
    setting(at('daily wave, a day'), { ...base, minutes: day, noise: wave }, { weight: 0.2 }),
    setting(
      at('daily wave and ramp, a day'),
      { ...base, minutes: day, noise: wave, steps: ramp(day) },
      { weight: 0.2 },
    ),
  ];
});

export const trafficSettings: readonly Setting<SimulatedTraffic>[] = [...mainSettings, ...variedSettings];

/** Champion and canary differ on 4 % of the mirrored requests; `drop` is how much accuracy the canary loses. */
const discordant = 0.04;
const pairs = (drop: number) => ({ worse: (discordant + drop) / 2, better: (discordant - drop) / 2 });
const positiveShare = 0.3;
const labelMinutes = 480;

interface Coming {
  readonly name: string;
  readonly positives: { readonly delay: number; readonly missing: number };
  readonly negatives: { readonly delay: number; readonly missing: number };
  /** How much more accuracy is lost on positives, and less on negatives, at the same loss over all. */
  readonly tilt?: number;
}

const alike = (delay: number, missing: number) => ({ positives: { delay, missing }, negatives: { delay, missing } });
const comings: Coming[] = [
  { name: 'labels at once', ...alike(0, 0) },
  { name: 'labels after 1 h, 30 % missing', ...alike(60, 0.3) },
  { name: 'labels after 24 h, 30 % missing', ...alike(day, 0.3) },
  {
    name: 'positives after 10 min, negatives after 24 h, 30 % of them missing',
    positives: { delay: 10, missing: 0 },
    negatives: { delay: day, missing: 0.3 },
  },
  {
    name: 'the same, worse on positives and better on negatives',
    positives: { delay: 10, missing: 0 },
    negatives: { delay: day, missing: 0.3 },
    tilt: 0.01,
  },
];

/** Labels of 60 mirrored requests a minute. Where only some outcomes come soon and harm differs by outcome, early labels estimate something else: shown, not judged. */
export const labelSettings: readonly Setting<MirroredTraffic>[] = comings.map(
  ({ name, positives, negatives, tilt = 0 }) => {
    const world = (drop: number): MirroredTraffic => ({
      minutes: Math.max(positives.delay, negatives.delay) + labelMinutes,
      perMinute: 60,
      classes: [
        { share: positiveShare, ...positives, ...pairs(drop + tilt) },
        { share: 1 - positiveShare, ...negatives, ...pairs(drop - (tilt * positiveShare) / (1 - positiveShare)) },
      ],
    });
    return {
      name,
      weight: Math.max(positives.delay, negatives.delay) < day ? 1 : 0.2,
      world: world(0),
      baseRate: discordant,
      effects: [0.005, 0.01, 0.02].map((drop) => ({ name: `accuracy less ${percent(drop)}`, world: world(drop) })),
      judged: tilt === 0,
    };
  },
);
