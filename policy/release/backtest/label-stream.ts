import type { PairedKeys } from '../../../contracts/evidence/release.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import { Cohorts, type LabelBehaviour } from './cohorts.ts';

/** Chance that both versions are right where they agree: shown in messages, and no guard looks at it. */
const bothRight = 0.8;

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
  readonly #labelled: number;
  readonly #random: Random;
  readonly #cohorts: Cohorts<Cohort>;
  readonly #paired = none();
  readonly #mature = none();

  constructor(behaviour: LabelBehaviour, random: Random) {
    this.#labelled = behaviour.labelled;
    this.#random = random;
    this.#cohorts = new Cohorts(behaviour);
  }

  /** Keys of requests at about `at`, on which only the champion, or only the canary, is right with these chances. */
  add(at: number, keys: number, worse: number, better: number): void {
    const labels = binomial(this.#random, keys, this.#labelled);
    const lost = binomial(this.#random, labels, worse);
    const gained = binomial(this.#random, labels - lost, worse < 1 ? Math.min(1, better / (1 - worse)) : 0);
    const agreed = binomial(this.#random, labels - lost - gained, bothRight);
    this.#cohorts.add({ at, keys, labels, championRight: agreed + lost, worse: lost, better: gained });
    this.#paired.missing += keys;
  }

  /** What has come by the time `now`: of all keys, and of the mature ones. */
  seen(now: number): { paired: PairedKeys; mature: PairedKeys } {
    this.#cohorts.advance(now, {
      labelled: (cohort) => take(this.#paired, cohort),
      mature: ({ keys }) => (this.#mature.missing += keys),
      both: (cohort) => take(this.#mature, cohort),
    });
    return { paired: { ...this.#paired }, mature: { ...this.#mature } };
  }
}

const none = (): PairedKeys => ({
  labels: 0,
  missing: 0,
  dropped: 0,
  championRight: 0,
  canaryRight: 0,
  worse: 0,
  better: 0,
});

function take(counts: PairedKeys, { labels, championRight, worse, better }: Cohort): void {
  counts.labels += labels;
  counts.missing -= labels;
  counts.championRight += championRight;
  counts.canaryRight += championRight - worse + better;
  counts.worse += worse;
  counts.better += better;
}
