/** How labels come back. */
export interface LabelBehaviour {
  /** Chance in [0, 1] that a request gets its label. */
  readonly labelled: number;
  readonly delayMs: number;
  /** Age from which promotion looks at a request. */
  readonly maturityMs: number;
}

/** What is told of a cohort, once each. */
export interface CohortEvents<Cohort> {
  /** Its labels have come. */
  readonly labelled: (cohort: Cohort) => void;
  /** It is old enough for promotion. */
  readonly mature: (cohort: Cohort) => void;
  readonly both: (cohort: Cohort) => void;
}

/** Keys by the interval in which they came: each cohort's labels come at once after the delay. */
export class Cohorts<Cohort extends { readonly at: number }> {
  readonly #behaviour: Pick<LabelBehaviour, 'delayMs' | 'maturityMs'>;
  readonly #cohorts: Cohort[] = [];
  /** Cohorts, from the first, that have been told as such. */
  #labelled = 0;
  #mature = 0;
  #both = 0;

  constructor(behaviour: Pick<LabelBehaviour, 'delayMs' | 'maturityMs'>) {
    this.#behaviour = behaviour;
  }

  /** In the order of time. */
  add(cohort: Cohort): void {
    this.#cohorts.push(cohort);
  }

  /** Tells what has come by the time `now`, which never goes back. */
  advance(now: number, told: CohortEvents<Cohort>): void {
    const { delayMs, maturityMs } = this.#behaviour;
    this.#labelled = this.#upTo(this.#labelled, now - delayMs, told.labelled);
    this.#mature = this.#upTo(this.#mature, now - maturityMs, told.mature);
    this.#both = this.#upTo(this.#both, now - Math.max(delayMs, maturityMs), told.both);
  }

  #upTo(first: number, before: number, tell: (cohort: Cohort) => void): number {
    let next = first;
    for (let cohort = this.#cohorts[next]; cohort !== undefined && cohort.at < before; cohort = this.#cohorts[next]) {
      tell(cohort);
      next += 1;
    }
    return next;
  }
}
