import { regressionRules } from './regression.ts';
import type { TaskRules } from './rules.ts';

/** Levels where the definition names none. */
export const defaultLevels: readonly number[] = [0.1, 0.5, 0.9];

/** Quantiles of a number. Margins are in the unit of the target, so that there is none by default. */
export const quantileRules: TaskRules = {
  ...regressionRules,
  outputs: ['prediction', 'quantiles'],
  metrics: ['pinball', 'coverage', 'mae', 'rmse', 'r2', 'mape'],
  primary: 'pinball',
  foreign: [...regressionRules.foreign.filter((key) => key !== 'quantile'), 'costs'],
};
