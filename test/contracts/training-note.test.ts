import { expect, test } from 'vitest';
import { trainingNote } from '../../contracts/evidence/training-note.ts';
import { firstRun } from '../report/example.ts';

const { training } = firstRun.training!;
const after = (steps: number, bestEpoch: number, settings: Record<string, unknown>) =>
  trainingNote({
    ...training!,
    settings,
    bestEpoch,
    curve: Array.from({ length: steps }, (_, index) => ({ epoch: index + 1, trainLoss: 1, validationLoss: 1 })),
  });

test.each([
  [20, 20, { kind: 'network', epochs: 20 }, /^The best epoch is the last one .* \(trainer\.epochs\)\.$/],
  [50, 50, { kind: 'gbdt', trees: 50 }, /more rounds may do better \(trainer\.trees\)/],
  [20, 19, { kind: 'network', epochs: 20 }, null],
  [12, 12, { kind: 'network', epochs: 20 }, null],
  [7, 7, { kind: 'command' }, null],
] as const)('after %i steps, the best of them %i, by %o: %s', (steps, best, settings, note) => {
  const said = after(steps, best, settings);
  if (note === null) expect(said).toBeNull();
  else expect(said).toMatch(note);
});

test('a linear model says whether it converged', () => {
  const linear = { converged: true, gradientNorm: 1e-9, coefficients: [], leftOut: 0, withoutIntervals: null };
  expect(trainingNote({ ...training!, linear })).toBeNull();
  expect(trainingNote({ ...training!, linear: { ...linear, converged: false, gradientNorm: 0.25 } })).toBe(
    'It did not converge (largest gradient by row 2.5e-1): raise trainer.iterations or trainer.l2.',
  );
});
