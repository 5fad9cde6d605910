import { describe, expect, it } from 'vitest';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';

/** A definition in which the key at this path, such as `fairness.alpha`, has a value. */
function definitionWith(path: string, value: unknown): object {
  const nested = path.split('.').reduceRight((inner: unknown, key) => ({ [key]: inner }), value) as object;
  return { model: 'shop', dataset: 'shop', features: ['age'], ...nested };
}
const isTaken = (path: string, value: unknown): boolean =>
  modelDefinitionSchema.safeParse(definitionWith(path, value)).success;

describe('a number in a model definition is refused where it cannot mean anything', () => {
  it.each(['quality.alpha', 'fairness.alpha', 'release.alpha', 'release.promotion.alpha'])(
    '%s is a chance above 0 and below 1',
    (path) => {
      expect([0.01, 0.05, 0.5].map((value) => isTaken(path, value))).toEqual([true, true, true]);
      for (const value of [0, 1, 5, 7, -0.05, Number.NaN, Infinity])
        expect(isTaken(path, value), `${value}`).toBe(false);
    },
  );

  it.each([
    'quality.limits.auc',
    'quality.limits.ece',
    'quality.limits.brier',
    'quality.margins.accuracy',
    'fairness.attributes.SEX.limits.equalizedOddsDifference',
    'fairness.attributes.SEX.limits.demographicParityRatio',
    'fairness.attributes.SEX.maxGroupLoss',
    'optimize.accuracyBudget',
    'optimize.minAgreement',
    'monitor.minAccuracy',
    'data.maxNullShare',
    'release.guards.minAgreement',
    'release.guards.maxScoreShift',
    'release.guards.liveAccuracyLoss',
    'release.guards.fairness.maxGroupLoss',
  ])('%s is from 0 to 1', (path) => {
    expect([0, 0.8, 1].map((value) => isTaken(path, value))).toEqual([true, true, true]);
    for (const value of [1.5, -0.1, 80]) expect(isTaken(path, value), `${value}`).toBe(false);
  });

  it.each([
    'quality.limits.logLoss',
    'quality.margins.logLoss',
    'optimize.minSpeedup',
    'monitor.psi',
    'release.minLabels',
    'release.minStepRequests',
    'release.shadow.minRequests',
  ])('%s is at least 0, and has no upper end', (path) => {
    expect([isTaken(path, 0), isTaken(path, 3)]).toEqual([true, true]);
    expect(isTaken(path, -1)).toBe(false);
  });

  it.each([
    'monitor.every',
    'monitor.window',
    'monitor.minRequests',
    'fairness.minGroupRows',
    'fairness.minGroupEvents',
    'approval.deadline',
    'staging.duration',
    'serving.deadline',
    'release.deadline',
    'release.analyzeEvery',
    'release.ab.duration',
    'release.guards.slowMs',
  ])('%s is above 0', (path) => {
    expect(isTaken(path, 10)).toBe(true);
    expect([isTaken(path, 0), isTaken(path, -1)]).toEqual([false, false]);
  });

  it.each(['threshold', 'release.ab.share'])('%s lies between 0 and 1', (path) => {
    expect(isTaken(path, 0.3)).toBe(true);
    expect([isTaken(path, 0), isTaken(path, 1)]).toEqual([false, false]);
  });

  it('a weight of a guard has a finite sum with any others', () => {
    expect([0, 5, 1_000_000].map((weight) => isTaken('release.guards.rules.errors', { weight }))).toEqual([
      true,
      true,
      true,
    ]);
    for (const weight of [-1, 1e308, Infinity]) expect(isTaken('release.guards.rules.errors', { weight })).toBe(false);
  });

  it('names the key and says what to write', () => {
    const { error } = modelDefinitionSchema.safeParse(definitionWith('fairness.alpha', 5));
    expect(error?.issues).toMatchObject([
      { path: ['fairness', 'alpha'], message: 'expected a chance below 1, such as 0.05' },
    ]);
  });
});
