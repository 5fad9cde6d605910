import { scoreSteps, type Agreement } from '../../contracts/evidence/groups.ts';

/** What one version said to a request. */
export interface Answer {
  readonly label: string;
  /** Probability of the positive label; not a number where there is none. */
  readonly score: number;
}

/** Whether two versions say the same to the same requests. */
export class AgreementTally {
  readonly #counts = { pairs: 0, disagree: 0, missing: 0 };
  /** Keys by step of the difference; null where scores are not compared. */
  readonly #differences: Map<number, number> | null;
  #unscored = 0;

  constructor(scores: boolean) {
    this.#differences = scores ? new Map() : null;
  }

  /** Null is a version that gave no answer. */
  add(champion: Answer | null, canary: Answer | null): void {
    if (champion === null || canary === null) {
      this.#counts.missing += 1;
      this.#unscored += 1;
      return;
    }
    this.#counts.pairs += 1;
    if (champion.label !== canary.label) this.#counts.disagree += 1;
    if (this.#differences === null) return;
    if (!isProbability(champion.score) || !isProbability(canary.score)) {
      this.#unscored += 1;
      return;
    }
    const step = Math.floor((canary.score - champion.score) * scoreSteps);
    this.#differences.set(step, (this.#differences.get(step) ?? 0) + 1);
  }

  counts(): Agreement {
    const differences = this.#differences;
    return {
      ...this.#counts,
      scores:
        differences === null
          ? null
          : { differences: [...differences].toSorted(([a], [b]) => a - b), missing: this.#unscored },
    };
  }
}

const isProbability = (score: number): boolean => score >= 0 && score <= 1;
