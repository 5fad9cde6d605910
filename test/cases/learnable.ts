import { createRandom } from '../../ml/random.ts';
import type { Definitions } from './project.ts';

const rows = 3_000;
const plans = ['basic', 'plus', 'pro'] as const;

/** People whose amount is 3 a year and 30 a plan, give or take 10; the plan is by age, but for one in ten, and churn is by both. */
export function learnablePeople(): unknown[][] {
  const random = createRandom(4);
  return Array.from({ length: rows }, (_, id) => {
    const age = random.next() < 0.05 ? null : 18 + random.integer(70);
    const usual = (age ?? 50) < 40 ? 0 : (age ?? 50) < 65 ? 1 : 2;
    const plan = random.next() < 0.1 ? random.integer(3) : usual;
    const amount = 3 * (age ?? 20) + 30 * plan + 10 * random.normal();
    const churned = random.next() < (plan === 1 ? 0.9 : 0.1) ? 1 : 0;
    return [id + 1, age, plans[plan], amount, churned];
  });
}

/** Searches of eight rows, by `churned`: the grade, 0 to 3, is by the age and the plan. */
export function searches(): unknown[][] {
  const random = createRandom(5);
  return Array.from({ length: 4_800 }, (_, id) => {
    const age = 18 + random.integer(70);
    const plan = random.integer(3);
    const grade = Math.max(0, Math.min(3, Math.round(age / 30 + plan / 2 - 1 + 0.5 * random.normal())));
    return [id + 1, age, plans[plan], grade, Math.floor(id / 8)];
  });
}

const carried = { type: 'integer', kind: 'carried' };
export const age = { type: 'integer', kind: 'numeric', nullable: true };
const common = { fairness: { attributes: {} } };

/** A project of each task whose labels can be learned, without a trainer. */
export const learnable: Readonly<Record<string, { rows: () => unknown[][]; definition: Definitions }>> = {
  binary: {
    rows: learnablePeople,
    definition: {
      columns: { age },
      model: { ...common, features: ['age', 'plan'], quality: { resamples: 100, limits: { auc: 0.85 } } },
    },
  },
  multiclass: {
    rows: learnablePeople,
    definition: {
      dataset: { target: 'plan' },
      columns: { age, churned: carried, plan: { type: 'string', kind: 'target', allowed: [...plans] } },
      model: { ...common, features: ['age', 'amount'], quality: { resamples: 100, limits: { accuracy: 0.85 } } },
    },
  },
  regression: {
    rows: learnablePeople,
    definition: {
      dataset: { target: 'amount' },
      columns: { age, churned: carried, amount: { type: 'number', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        quality: { resamples: 100, limits: { r2: 0.9 } },
      },
    },
  },
  quantile: {
    rows: learnablePeople,
    definition: {
      dataset: { target: 'amount' },
      columns: { age, churned: carried, amount: { type: 'number', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        quantile: [0.1, 0.5, 0.9],
        quality: { resamples: 100, limits: { coverage: 0.7, pinball: 4 } },
      },
    },
  },
  ranking: {
    rows: searches,
    definition: {
      dataset: { target: 'amount' },
      columns: { churned: carried, amount: { type: 'integer', kind: 'target' } },
      model: {
        ...common,
        features: ['age', 'plan'],
        query: 'churned',
        split: { by: 'group', group: 'churned' },
        quality: { resamples: 100, limits: { ndcg: 0.8 } },
      },
    },
  },
};
