import { shownNames, shownText } from '../contracts/shown-text.ts';
import type { DrawnInput } from '../contracts/evidence/drawn-input.ts';
import type { TensorInput } from '../contracts/model/tensors.ts';
import type { AdaptPlan, ClassesPlan, InputPlan, NumberPlan } from '../ml/onnx/adapt/plan.ts';

/** A line for each mapping of a plan; those that the definition does not say are marked. */
export const describeAdaption = ({ inputs, outputs, fixed, dropped }: AdaptPlan): string[] => [
  ...inputs.map(inputLine),
  ...(outputs.kind === 'numbers' ? [numberLine(outputs)] : classLines(outputs)),
  ...fixed.map(({ name, size }) => `"${shownText(name)}": the fixed batch size ${size} is made dynamic`),
  ...(dropped.length === 0 ? [] : [`left away: ${dropped.length === 1 ? 'output' : 'outputs'} ${shownNames(dropped)}`]),
];

const marked = (line: string, guess: string | null): string => (guess === null ? line : `${line} (guessed: ${guess})`);

const inputLine = ({ name, type, columns, form, row = [], guess }: InputPlan): string =>
  form === 'tensor'
    ? `input "${shownText(name)}" (${type}) is a tensor [${['rows', ...row.map((size) => size ?? 'any')].join(', ')}]`
    : marked(`input "${shownText(name)}" (${type}) takes ${columns.join(', ')}`, guess);

/** What each input of a model on tensors is given in the trial and in the staging benchmark, and what requests may hold where nothing is declared. */
export const describeDrawn = (inputs: readonly DrawnInput[], told: Readonly<Record<string, TensorInput>>): string[] =>
  inputs.flatMap((input) => [triedLine(input), ...takenLines(input, told[input.name] ?? {})]);

const triedLine = ({ name, shape, from, guesses }: DrawnInput): string =>
  marked(
    `input "${shownText(name)}" is tried with ${'min' in from ? `${from.min} to ${from.max}` : `${from.length} texts`}, ${shape.length === 0 ? 'one value' : shape.join(' x ')} a row`,
    guesses.length === 0 ? null : guesses.join('; '),
  );

function takenLines({ name, rows }: DrawnInput, { min, max }: TensorInput): string[] {
  if (rows === undefined || (min !== undefined && max !== undefined)) return [];
  const taken = `${min ?? 0} to ${max ?? rows - 1}`;
  return [`input "${shownText(name)}" takes ${taken} in requests (guessed: from its embedding of ${rows} rows)`];
}

const numberLine = ({ output, levels, guess }: NumberPlan): string =>
  marked(
    `output "${shownText(output)}" ${levels === null ? 'is the prediction' : `holds the quantiles ${levels.join(', ')}`}`,
    guess,
  );

function classLines({ scores, label, own, order, orderGuess, threshold, utility }: ClassesPlan): string[] {
  const ofOne = scores.width === 1 ? ` of ${String(own.at(-1))}` : '';
  return [
    marked(
      `output "${shownText(scores.output)}" holds ${scores.width === 1 ? 'the ' : ''}${nounOf(scores)}${ofOne}`,
      scores.guess,
    ),
    marked(`classes in the model's order: ${own.map(String).join(', ')}`, orderGuess),
    label === null
      ? `the label is ${threshold === null ? (utility === null ? 'that of the greatest probability' : 'the one that is worth most by "utility"') : `${String(own[order.at(-1) ?? 0])} where its probability is at least ${threshold}`}`
      : marked(
          `output "${shownText(label.output)}" holds the label${label.numbers === null ? '' : `, its ${label.numbers.join(', ')} are ${own.map(String).join(', ')}`}`,
          label.guess,
        ),
  ];
}

const nounOf = ({ kind, width }: ClassesPlan['scores']): string =>
  width === 1 ? (kind === 'logits' ? 'logit' : 'probability') : kind;
