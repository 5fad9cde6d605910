import { scoreSteps, type Agreement } from '../../../contracts/evidence/groups.ts';

/** Whether two versions say the same to the same requests. */
export class AgreementCounter {
  readonly #counts = { pairs: 0, disagree: 0, missing: 0 };
  /** Keys by step of the difference; null where scores are not compared. */
  readonly #differences: Map<number, number> | null;
  #unscored = 0;

  constructor(scores: boolean) {
    this.#differences = scores ? new Map() : null;
  }

  /** Takes a key by the labels of both, null of a version that gave no answer, and whether they are the same as far as it matters. Scores are asked for only where they are compared. */
  add(
    champion: string | null,
    canary: string | null,
    isSame: boolean,
    scores: () => readonly [champion: number, canary: number],
  ): void {
    if (champion === null || canary === null) {
      this.#counts.missing += 1;
      this.#unscored += 1;
      return;
    }
    this.#counts.pairs += 1;
    if (!isSame) this.#counts.disagree += 1;
    if (this.#differences === null) return;
    const [before, after] = scores();
    if (!isProbability(before) || !isProbability(after)) {
      this.#unscored += 1;
      return;
    }
    const step = Math.floor((after - before) * scoreSteps);
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
