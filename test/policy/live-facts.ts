import type { LiveFacts } from '../../policy/gates/monitor.ts';
import { definition } from './definition.ts';

export const policy = { ...definition.monitor, minAccuracy: 0.8, psi: 0.25, cooldown: 1000 };

export const known = (estimate: number): NonNullable<LiveFacts['accuracy']> => ({
  estimate,
  lower: estimate - 0.01,
  upper: estimate + 0.01,
  least: estimate,
  most: estimate,
  unlabelled: 0,
});

export const facts: LiveFacts = {
  requests: 5000,
  keys: 900,
  accuracy: known(0.82),
  error: null,
  labels: { maturity: 0, missing: 'worst' },
  delays: [],
  drift: [{ column: 'AGEP', psi: 0.01, lower: 0, pValue: 1, adjusted: 1 }],
  answered: 5000,
  odd: [],
  policy,
  gate: definition.data.psi,
  now: 10_000,
  lastRun: null,
};

/** A key of its own for each of so many rows. */
export const each = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

export const worst = { maturity: 0, missing: 'worst' } as const;
