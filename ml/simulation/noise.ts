import type { Random } from '../random.ts';

/** How the chance of an event, and the traffic, move from minute to minute for reasons outside both versions. */
export type Noise =
  | { readonly kind: 'flat' }
  /** A sine of a day's length that begins anywhere: swings are shares of the mean, in [0, 1). */
  | { readonly kind: 'dailyWave'; readonly rateSwing: number; readonly trafficSwing: number }
  /** So many minutes, beginning anywhere, in which both arms' chance is `factor` times as high. */
  | { readonly kind: 'outage'; readonly minutes: number; readonly factor: number }
  /**
   * The logarithm of the chance is an autoregressive sequence, AR(1), with the correlation, in [0, 1), of neighbouring
   * minutes and this standard deviation; the chance keeps its mean. `own`: each arm's machines have a sequence of their
   * own, which cannot be told from harm; else both arms share one.
   */
  | {
      readonly kind: 'autocorrelated';
      readonly correlation: number;
      readonly deviation: number;
      readonly own: boolean;
    };

/** Per minute, what the champion's and the canary's chance and the traffic are multiplied by; each has a mean of 1 but for outages. */
export interface NoiseFactors {
  readonly champion: Float64Array;
  readonly canary: Float64Array;
  readonly traffic: Float64Array;
}

const day = 1440;

export function drawNoise(noise: Noise, minutes: number, random: Random): NoiseFactors {
  const level = new Float64Array(minutes).fill(1);
  const traffic = new Float64Array(minutes).fill(1);
  switch (noise.kind) {
    case 'flat':
      break;
    case 'dailyWave': {
      const phase = random.next();
      for (let minute = 0; minute < minutes; minute++) {
        const wave = Math.sin(2 * Math.PI * (minute / day + phase));
        level[minute] = 1 + noise.rateSwing * wave;
        traffic[minute] = 1 + noise.trafficSwing * wave;
      }
      break;
    }
    case 'outage': {
      const from = random.integer(Math.max(1, minutes - noise.minutes + 1));
      level.fill(noise.factor, from, from + noise.minutes);
      break;
    }
    case 'autocorrelated': {
      const champion = drawAutocorrelated(noise.correlation, noise.deviation, minutes, random);
      const canary = noise.own ? drawAutocorrelated(noise.correlation, noise.deviation, minutes, random) : champion;
      return { champion, canary, traffic };
    }
  }
  return { champion: level, canary: level, traffic };
}

function drawAutocorrelated(correlation: number, deviation: number, minutes: number, random: Random): Float64Array {
  const step = Math.sqrt(1 - correlation ** 2);
  let z = random.normal();
  return new Float64Array(minutes).map(() => {
    const factor = Math.exp(deviation * z - deviation ** 2 / 2);
    z = correlation * z + step * random.normal();
    return factor;
  });
}
