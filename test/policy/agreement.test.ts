import { expect, test } from 'vitest';
import { agreementOf, type Compared } from '../../policy/agreement.ts';

const same: Compared = {
  isSame: false,
  weights: null,
  predictions: 0.2,
  metric: { name: 'auc', recorded: 0.9, trained: 0.9 },
};

test.each<[Partial<Compared>, number, string]>([
  [{ isSame: true }, 0, 'bytes'],
  [{ weights: 0 }, 0, 'weights'],
  [{ weights: 1e-4 }, 0, 'weights'],
  [{ weights: 2e-4, predictions: 1e-3 }, 0, 'predictions'],
  [{ predictions: 1e-3 }, 0, 'predictions'],
  [{}, 0, 'metric'],
  [{ metric: { name: 'auc', recorded: 0.9, trained: 0.896 } }, 0.005, 'metric'],
  [{ metric: { name: 'auc', recorded: 0.9, trained: 0.894 } }, 0.005, 'nothing'],
  [{ metric: { name: 'mae', recorded: 3, trained: 3.2 } }, 0.1, 'nothing'],
  [{ metric: { name: 'mae', recorded: 3, trained: 2 } }, 0, 'metric'],
  [{ metric: { name: 'auc', recorded: null, trained: 0.9 } }, 1, 'nothing'],
])('a second training with %o agrees, with a margin of %d, in: %s', (over, margin, agreement) => {
  expect(agreementOf({ ...same, ...over }, margin)).toBe(agreement);
});
