import type { UtilityMatrix } from '../../../contracts/data/utility-matrix.ts';
import type { LabelValue } from '../../../contracts/data/label-space.ts';
import type { TensorType } from '../../../contracts/data/tensor.ts';

/** How one input of the model is filled from features. */
export interface InputPlan {
  readonly name: string;
  readonly type: TensorType;
  /** Features, in the input's order. */
  readonly columns: readonly string[];
  /** `column`: the feature itself, `[rows, 1]`. `table`: `[rows, columns]`. `vector`: `[rows]`. `tensor`: not of columns, `[rows, ...row]`. */
  readonly form: 'column' | 'table' | 'vector' | 'tensor';
  /** Of a tensor: the sizes of one row, null where one is open. */
  readonly row?: readonly (number | null)[];
  /** Of a tensor: the names that the model gives the sizes of one row, empty where it gives none. */
  readonly symbols?: readonly string[];
  /** Why it is mapped so where the definition does not say it; null where it does, or where the names are equal. */
  readonly guess: string | null;
}

/** A tensor of the model that an output of the adapted model is made from. */
export interface OutputSource {
  /** Output of the model. */
  readonly output: string;
  /** The tensor that holds its values. */
  readonly value: string;
  readonly type: TensorType;
  readonly guess: string | null;
}

export interface ScoresPlan extends OutputSource {
  readonly kind: 'probabilities' | 'logits';
  readonly isZipMap: boolean;
  /** Columns: one for each class, or 1 for that of the second class alone. */
  readonly width: number;
}

export interface LabelPlan extends OutputSource {
  /** The model's labels that are not words of the target, in its order of classes; null where its labels are kept. */
  readonly numbers: readonly bigint[] | null;
}

export interface ClassesPlan {
  readonly kind: 'classes';
  readonly scores: ScoresPlan;
  /** Null: the label of the greatest probability, of a binary task by the threshold, or the one that is worth most. */
  readonly label: LabelPlan | null;
  readonly threshold: number | null;
  readonly utility: UtilityMatrix | null;
  /** Labels of the target in the model's order. */
  readonly own: readonly LabelValue[];
  /** Why they are in this order where neither the definition nor the model says so. */
  readonly orderGuess: string | null;
  /** Of each class of the definition, its column of the model. */
  readonly order: readonly number[];
}

export interface NumberPlan extends OutputSource {
  readonly kind: 'numbers';
  /** Of quantiles, a column a level; null of one number. */
  readonly levels: readonly number[] | null;
}

/** What is written around a model, so that it takes one tensor a feature and answers in the form of its task. */
export interface AdaptPlan {
  readonly inputs: readonly InputPlan[];
  readonly outputs: ClassesPlan | NumberPlan;
  /** Inputs and outputs that declare a fixed batch size, which is made dynamic, and the size. */
  readonly fixed: readonly { readonly name: string; readonly size: number }[];
  /** Outputs of the model that are left away. */
  readonly dropped: readonly string[];
}
