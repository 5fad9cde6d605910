/** Labels that come at once, or are missing at random: what tests of other things go by. */
export const knownLabels = { maturity: 0, missing: 'random' } as const;

/** The change of a policy, with such labels unless it says otherwise. */
export const withKnownLabels = (change: object = {}): object => ({
  ...change,
  labels: { ...knownLabels, ...('labels' in change ? (change.labels as object) : {}) },
});
