import { longestLabel } from '../data/label.ts';

/** The longest texts of the prediction log that are judged, in bytes of UTF-8. What is longer is set aside and counted. */
export const logLimits = {
  /** A label, said by a model or fed back, and a value of an input by which groups and segments are made. */
  label: 4 * longestLabel,
  /** A request's id, and a sticky key. */
  id: 1_024,
} as const;

/** Distinct labels that an analysis tells apart in one batch of the log: those that versions said, then the most frequent. */
export const mostLabels = 10_000;
