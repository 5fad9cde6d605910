import type { PairedKeys } from '../../contracts/evidence/release.ts';
import type { Random } from '../../ml/random.ts';
import { binomial } from '../../ml/statistics/binomial.ts';

/** Chance that both versions are right where they agree: shown in messages, and no guard looks at it. */
const bothRight = 0.8;

export interface LabelBehaviour {
  /** Chance in [0, 1] that a request gets its label. */
  readonly labelled: number;
  readonly delayMs: number;
  /** Age from which promotion looks at a request. */
  readonly maturityMs: number;
}

/** Mirrored keys of one interval that both versions answered. */
interface Cohort {
  readonly at: number;
  readonly keys: number;
  readonly labels: number;
  readonly championRight: number;
  readonly worse: number;
  readonly better: number;
}

/** Labels of mirrored keys, as they come back: each cohort's at once after the delay, each key with the same chance. */
export class LabelStream {
  readonly #behaviour: LabelBehaviour;
  readonly #random: Random;
  readonly #cohorts: Cohort[] = [];
  readonly #paired = none();
  readonly #mature = none();
  /** Cohorts, from the first, that have their labels, that are mature, and that are both. */
  #labelled = 0;
  #old = 0;
  #both = 0;

  constructor(behaviour: LabelBehaviour, random: Random) {
    this.#behaviour = behaviour;
    this.#random = random;
  }

  /** Keys of requests at about `at`, on which only the champion, or only the canary, is right with these chances. */
  add(at: number, keys: number, worse: number, better: number): void {
    const labels = binomial(this.#random, keys, this.#behaviour.labelled);
    const lost = binomial(this.#random, labels, worse);
    const gained = binomial(this.#random, labels - lost, worse < 1 ? Math.min(1, better / (1 - worse)) : 0);
    const agreed = binomial(this.#random, labels - lost - gained, bothRight);
    this.#cohorts.push({ at, keys, labels, championRight: agreed + lost, worse: lost, better: gained });
    this.#paired.missing += keys;
  }

  /** What has come by the time `now`: of all keys, and of the mature ones. */
  seen(now: number): { paired: PairedKeys; mature: PairedKeys } {
    const { delayMs, maturityMs } = this.#behaviour;
    this.#labelled = this.#upTo(this.#labelled, now - delayMs, (cohort) => take(this.#paired, cohort));
    this.#old = this.#upTo(this.#old, now - maturityMs, ({ keys }) => (this.#mature.missing += keys));
    this.#both = this.#upTo(this.#both, now - Math.max(delayMs, maturityMs), (cohort) => take(this.#mature, cohort));
    return { paired: { ...this.#paired }, mature: { ...this.#mature } };
  }

  #upTo(first: number, before: number, count: (cohort: Cohort) => void): number {
    let next = first;
    for (let cohort = this.#cohorts[next]; cohort !== undefined && cohort.at < before; cohort = this.#cohorts[next]) {
      count(cohort);
      next += 1;
    }
    return next;
  }
}

const none = (): PairedKeys => ({ labels: 0, missing: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 });

function take(counts: PairedKeys, { labels, championRight, worse, better }: Cohort): void {
  counts.labels += labels;
  counts.missing -= labels;
  counts.championRight += championRight;
  counts.canaryRight += championRight - worse + better;
  counts.worse += worse;
  counts.better += better;
}
