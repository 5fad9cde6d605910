import { describe, expect, test } from 'vitest';
import { resolveRequest } from '../../policy/run-request.ts';
import { dataset, definition as usual } from './definition.ts';
import { searchSchema } from '../../contracts/model/search.ts';
import { trainerSchema } from '../../contracts/model/trainer.ts';

const definition = { ...usual, trainer: trainerSchema.parse({ kind: 'network' }) };

const resolve = (request: object) => resolveRequest({ model: 'employment', ...request }, definition, dataset);

describe('the definition that a run takes', () => {
  test('is the model’s own, with the seed and the settings of the request', () => {
    expect(resolve({})).toEqual(definition);
    expect(resolve({ seed: 0 }).seed).toBe(0);
    expect(resolve({ params: { epochs: 3 } })).toEqual({
      ...definition,
      trainer: { ...definition.trainer, epochs: 3 },
    });
  });
  test('takes no setting that the trainer does not have, and says which it has', () => {
    expect(() => resolve({ params: { epochz: 3, kind: 'x', zzz: 1 } })).toThrow(
      /^params: epochz \(did you mean epochs\?\), kind.*, zzz cannot be overridden: the trainer of "employment" takes (?!.*kind).*epochs/,
    );
  });
  test('takes not a single one that the trainer does not have', () => {
    expect(() => resolve({ params: { epochz: 3 } })).toThrow(/^params: epochz \(did you mean epochs\?\) cannot be/);
  });
  test('takes no setting that the task does not understand', () => {
    const numbers = { ...definition, task: 'regression' as const };
    const ask = (params: object) => () =>
      resolveRequest({ model: 'employment', params: { ...params } }, numbers, dataset);
    expect(ask({ labelSmoothing: 0.1 })).toThrow(
      /^params: trainer\.labelSmoothing: labels of task regression are numbers/,
    );
    expect(ask({ classWeights: 'balanced' })).toThrow(/^params: trainer\.classWeights: .*: leave it out/);
    expect(ask({ labelSmoothing: 0 })).not.toThrow();
    expect(resolve({ params: { labelSmoothing: 0.1 } }).trainer).toMatchObject({ labelSmoothing: 0.1 });
  });
  test('takes no setting that the definition searches', () => {
    const search = searchSchema.parse({ ranges: { epochs: { from: 2, to: 9 } } });
    const ask = (params: Record<string, unknown>) => () =>
      resolveRequest({ model: 'employment', params }, { ...definition, search }, dataset);
    expect(ask({ epochs: 3 })).toThrow(/^params: epochs is searched by the definition/);
    expect(ask({ patience: 3 })).not.toThrow();
  });
  test('takes no value that the trainer refuses', () => {
    expect(() => resolve({ params: { epochs: -1 } })).toThrow(/^params:\n[^]*epochs/);
  });
  test('takes no network without hidden layers, and no setting of another kind', () => {
    expect(() => resolve({ params: { hidden: [] } })).toThrow(/^params:\n[^]*hidden/);
    expect(() => resolve({ params: { l2: 3 } })).toThrow(/^params: l2 cannot be overridden/);
  });
  test('asks for rows to train on only of imported models', () => {
    expect(() => resolve({ trainedOn: 'sha256:a' })).toThrow(/trainedOn is for imported models/);
    expect(resolve({ trainedOn: 'sha256:a', imported: 'sha256:b' })).toEqual(definition);
  });
});
