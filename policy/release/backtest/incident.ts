import type { Noise } from '../../../ml/simulation/noise.ts';

/** What the candidate does otherwise than the champion; nothing by default. */
export interface Harm {
  /** Its rate of errors, and of slow answers, over the champion's. */
  readonly errorRatio?: number;
  readonly slowRatio?: number;
  /** Accuracy that it loses on requests with a label. */
  readonly drop?: number;
  /** Its rate of positive predictions. */
  readonly positiveRate?: number;
  /** Factor on the odds of a key to fall on it, over what the share in force says. */
  readonly odds?: number;
  /** Its rate of errors over the champion's in the first segment that the policy names, where it is not `errorRatio`. */
  readonly segmentErrorRatio?: number;
  /** Its rates of probabilities in the policy's band, and of answers without one in [0, 1]. */
  readonly bandRate?: number;
  readonly noProbability?: number;
  /** Its share of the prediction that is asked about. */
  readonly predictionShare?: number;
}

export interface Incident {
  readonly name: string;
  /** `harmless`: should be promoted; `harmful`: should be stopped; `unclear`: cannot be told from harm, and is not judged. */
  readonly kind: 'harmless' | 'harmful' | 'unclear';
  readonly noise: Noise;
  /** Requests of a key that has an error. */
  readonly burst: number;
  readonly harm: Harm;
  /** Index of the phase in which the harm begins. */
  readonly from: number;
}

export interface LeftOut {
  readonly incident: string;
  readonly why: string;
}

/** Harm that a guard is there to find; `why` it cannot be had at this traffic or in this mode, null where it can. */
export interface HarmToFind {
  readonly name: string;
  readonly harm: Harm;
  /** Index of the phase in which it begins. @default 0 */
  readonly from?: number;
  readonly why: string | null;
}

/** In the order in which incidents are played: chance is drawn by their places. */
const harmKinds = [
  'errorRatio',
  'slowRatio',
  'drop',
  'positiveRate',
  'odds',
  'segmentErrorRatio',
  'bandRate',
  'noProbability',
  'predictionShare',
] as const satisfies readonly (keyof Harm)[];

/** Place of a harm among those of other kinds. */
export const placeOf = ({ harm }: Pick<HarmToFind, 'harm'>): number =>
  Math.max(...harmKinds.map((kind, place) => (harm[kind] === undefined ? -1 : place)));
