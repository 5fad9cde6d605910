import type { Learned } from '../gbdt/objective.ts';
import { crossDiagonal, crossProduct } from './cross-product.ts';
import { addGradient, scoreRows, type Design } from './design.ts';
import { noDerived, type Derived, type LinearLoss, type Part } from './loss.ts';
import { addPenalty, addPenaltyCurvature, type Penalty } from './penalty.ts';

/** The penalized loss at some weights. */
export interface Point {
  readonly theta: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly scores: readonly Float64Array[];
  readonly derived: Derived;
}

/** What is minimized: the summed loss of one part of the head, and the penalty. Weights are `[values, size]`. */
export class Problem {
  readonly design: Design;
  readonly loss: LinearLoss;
  readonly learned: Learned;
  readonly penalty: Penalty;
  readonly values: number;

  constructor(design: Design, loss: LinearLoss, learned: Learned, penalty: Penalty) {
    this.design = design;
    this.loss = loss;
    this.learned = learned;
    this.penalty = penalty;
    this.values = penalty.squares.length / design.size;
  }

  at(theta: Float64Array, part: Part): Point {
    const { rows, size } = this.design;
    const derived = noDerived(this.values, rows);
    const scores = Array.from({ length: this.values }, (_, value) => {
      const of = new Float64Array(rows);
      scoreRows(this.design, theta, value * size, of);
      return of;
    });
    const sum = this.loss.derive(scores, this.learned, derived, part);
    const gradient = new Float64Array(theta.length);
    for (let value = 0; value < this.values; value++)
      addGradient(this.design, derived.gradients[value]!, gradient, value * size);
    return { theta, value: sum + addPenalty(this.penalty, theta, gradient), gradient, scores, derived };
  }

  /** The lower half of the second derivatives. */
  hessian({ derived }: Point, part: Part): Float64Array {
    const { size, rows } = this.design;
    const width = this.values * size;
    const c = new Float64Array(rows);
    const hessian = new Float64Array(width * width);
    for (let first = 0; first < this.values; first++)
      for (let second = 0; second <= first; second++) {
        this.loss.curvature(first, second, derived, this.learned, c, part);
        const block = crossProduct(this.design, c);
        for (let i = 0; i < size; i++)
          for (let k = 0; k <= i; k++) {
            const value = block[i * size + k]!;
            hessian[(first * size + i) * width + second * size + k] = value;
            if (second < first) hessian[(first * size + k) * width + second * size + i] = value;
          }
      }
    addPenaltyCurvature(this.penalty, hessian);
    return hessian;
  }

  /** The diagonal of the second derivatives. */
  diagonal({ derived }: Point, part: Part): Float64Array {
    const { size, rows } = this.design;
    const { squares, sums, strength } = this.penalty;
    const c = new Float64Array(rows);
    const diagonal = squares.slice();
    for (let value = 0; value < this.values; value++) {
      this.loss.curvature(value, value, derived, this.learned, c, part);
      const of = crossDiagonal(this.design, c);
      for (let at = 0; at < size; at++) diagonal[value * size + at]! += of[at]!;
    }
    for (const places of sums) for (let at = 0; at < places.length; at++) diagonal[places[at]!]! += strength;
    return diagonal;
  }
}
