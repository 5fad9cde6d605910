import type { Arm } from '../../../contracts/release/arm.ts';
import type { LabelledKeys, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import { Cohorts, type LabelBehaviour } from './cohorts.ts';

/** Live keys of one interval that one version answered. */
interface Cohort {
  readonly at: number;
  readonly share: number;
  readonly arm: Arm;
  readonly keys: number;
  readonly labels: number;
  readonly right: number;
}

/** Labels of live keys, whichever version answered, as they come back: each key with the same chance. */
export class LiveLabelStream {
  readonly #labelled: number;
  readonly #random: Random;
  readonly #cohorts: Cohorts<Cohort>;
  readonly #all: LabelledKeys[] = [];
  readonly #mature: LabelledKeys[] = [];

  constructor(behaviour: LabelBehaviour, random: Random) {
    this.#labelled = behaviour.labelled;
    this.#random = random;
    this.#cohorts = new Cohorts(behaviour);
  }

  /** Keys at about `at`, while the canary had `share` of the traffic; `right`: chance that the arm is right. Nothing where nobody shares. */
  add(at: number, share: number, arm: Arm, keys: number, right: number): void {
    if (share <= 0 || share >= 1 || keys === 0) return;
    const labels = binomial(this.#random, keys, this.#labelled);
    this.#cohorts.add({ at, share, arm, keys, labels, right: binomial(this.#random, labels, right) });
    of(this.#all, share, arm).missing += keys;
  }

  /** What has come by the time `now`: of all keys, and of the mature ones. */
  seen(now: number): NonNullable<ReleaseObservation['labelled']> {
    this.#cohorts.advance(now, {
      labelled: (cohort) => take(this.#all, cohort),
      mature: ({ share, arm, keys }) => (of(this.#mature, share, arm).missing += keys),
      both: (cohort) => take(this.#mature, cohort),
    });
    return { all: this.#all, mature: this.#mature };
  }
}

function of(counts: LabelledKeys[], share: number, arm: Arm): LabelledKeys {
  const known = counts.find((one) => one.share === share && one.arm === arm);
  if (known !== undefined) return known;
  const made = { share, arm, right: 0, wrong: 0, missing: 0 };
  counts.push(made);
  return made;
}

function take(counts: LabelledKeys[], { share, arm, labels, right }: Cohort): void {
  const taken = of(counts, share, arm);
  taken.right += right;
  taken.wrong += labels - right;
  taken.missing -= labels;
}
