import { codeOf, type CellRule } from './cell.ts';
import type { ModelDefinition } from '../model/model-definition.ts';

/** What an answer is worth: by the index of the true class, then by that of the answer. */
export type UtilityMatrix = readonly (readonly number[])[];

/** The matrix of the classes, by their codes; a sentence where it leaves one open, names another, makes every answer worth the same, or a wrong one worth more. */
export function utilityMatrix(
  utility: NonNullable<ModelDefinition['utility']>,
  codes: readonly string[],
  rule: CellRule,
): UtilityMatrix | { readonly fault: string } {
  const byCode = new Map(
    Object.entries(utility).map(([label, row]) => [
      codeOf(label, rule),
      new Map(Object.entries(row).map(([answer, value]) => [codeOf(answer, rule), value])),
    ]),
  );
  const odd = [...byCode].flatMap(([label, row]) => [label, ...row.keys()]).find((code) => !codes.includes(code));
  if (odd !== undefined)
    return { fault: `utility: ${JSON.stringify(odd)} is none of the labels ${codes.join(', ')}: correct it` };
  const open = codes.flatMap((label) =>
    codes
      .filter((answer) => byCode.get(label)?.get(answer) === undefined)
      .map((answer) => `${label} answered as ${answer}`),
  );
  if (open.length > 0)
    return { fault: `utility: it does not say what ${open.join(', ')} is worth: write a number for each` };
  const matrix = codes.map((label) => codes.map((answer) => byCode.get(label)!.get(answer)!));
  if (codes.every((_, answer) => matrix.every((row) => row[answer] === row[0])))
    return { fault: 'utility: every answer is worth the same: write what a right one is worth more, or leave it out' };
  const better = codes.findIndex((_, answer) => matrix.every((row) => row.every((value) => row[answer]! >= value)));
  if (better >= 0)
    return {
      fault: `utility: ${codes[better]} is never worth less than another answer, so that no model is needed: correct it`,
    };
  return preferredFault(matrix, codes) ?? matrix;
}

/** A matrix of costs turns the threshold round: a wrong answer that is worth more than the right one of its label is a mistake. */
function preferredFault(matrix: UtilityMatrix, codes: readonly string[]): { readonly fault: string } | null {
  for (const [label, row] of matrix.entries()) {
    const answer = row.indexOf(Math.max(...row));
    if (row[answer]! > row[label]!)
      return {
        fault: `utility: ${codes[label]} answered as ${codes[answer]} is worth ${row[answer]}, more than the right answer, ${row[label]}: write costs as negative numbers`,
      };
  }
  return null;
}
