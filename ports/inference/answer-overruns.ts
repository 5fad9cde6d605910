import { checkAnswer, sizeOfAnswer, type AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';

/** Overruns in a row after which a model fails. */
const mostInARow = 3;
/** Inputs of a small question. */
const smallBytes = 64 * 1024;

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Holds the answers of one model to their limits. An answer that is too large fails its question; one row of small inputs that is answered
 * so again and again says that the model is to blame, and not who asks for much.
 */
export class AnswerOverruns {
  readonly #limits: AnswerLimits;
  #inARow = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Why the model fails from now on; null while it does not. */
  get failure(): string | null {
    return this.#inARow < mostInARow
      ? null
      : `the model answered ${mostInARow} single rows in a row with more than the ${this.#limits.bytes} bytes or ${this.#limits.texts} texts that are allowed: it is not asked any more`;
  }

  /** Throws `InvalidModelError` for an answer beyond the limits. */
  check(feeds: Tensors, outputs: Tensors): void {
    try {
      checkAnswer(sizeOfAnswer(outputs, this.#limits.texts), this.#limits);
      this.#inARow = 0;
    } catch (error) {
      if (isSmall(feeds)) this.#inARow += 1;
      throw error;
    }
  }
}

const isSmall = (feeds: Tensors): boolean =>
  Object.values(feeds).every(({ shape }) => (shape[0] ?? 1) <= 1) && sizeOfAnswer(feeds).bytes <= smallBytes;
