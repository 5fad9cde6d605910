import { threeDigits } from '../../three-digits.ts';

interface EffectWords {
  readonly sentence: (value: number) => string;
  /** For a cell of a table. */
  readonly short: (value: number) => string;
}

const percentOf = (value: number): string => `${threeDigits(100 * value)} %`;

/** What a plan asks about, and how its size is said. */
export const effects = {
  /** Of the canary's rate to the champion's. */
  ratio: {
    sentence: (value) => `a rate ${threeDigits(value)} times the champion's`,
    short: (value) => `rate x ${threeDigits(value)}`,
  },
  /** Of the canary where the champion's is 0. */
  rate: {
    sentence: (value) => `a rate of ${percentOf(value)} where the champion has none`,
    short: (value) => `rate ${percentOf(value)}`,
  },
  /** Factor on the canary's odds of getting a key. */
  odds: {
    sentence: (value) => `odds of a key ${threeDigits(value)} times those of the share`,
    short: (value) => `odds x ${threeDigits(value)}`,
  },
  /** Of accuracy. */
  drop: {
    sentence: (value) => `a loss of accuracy of ${percentOf(value)}`,
    short: (value) => `-${percentOf(value)}`,
  },
  /** Share of the mirrored keys. */
  disagreement: {
    sentence: (value) => `different labels for ${percentOf(value)} of the mirrored keys`,
    short: (value) => `${percentOf(value)} differ`,
  },
  /** Of the mean score. */
  shift: {
    sentence: (value) => `a mean shift of the score by ${threeDigits(value)}`,
    short: (value) => `shift ${threeDigits(value)}`,
  },
  /** Of a rate of one group. */
  groupLoss: {
    sentence: (value) => `a loss of ${percentOf(value)}`,
    short: (value) => `-${percentOf(value)}`,
  },
  /** Fall of the mean value, in its own unit. */
  value: {
    sentence: (value) => `a fall of the mean value by ${threeDigits(value)}`,
    short: (value) => `-${threeDigits(value)}`,
  },
} satisfies Record<string, EffectWords>;
export type EffectKind = keyof typeof effects;
