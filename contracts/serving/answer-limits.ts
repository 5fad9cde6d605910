import { PawlError } from '../errors.ts';
import { errorTypes } from '../names.ts';
import type { Signature, Tensor } from '../data/tensor.ts';

/** What a model may say at most: its answers are copied, logged and sent by processes that serve others. */
export interface AnswerLimits {
  /** Of all outputs of one answer; a text counts with two bytes a character. */
  readonly bytes: number;
  /** Texts of one answer. */
  readonly texts: number;
}

export interface AnswerSize {
  readonly bytes: number;
  readonly texts: number;
}

/** Size of an answer; of more than `mostTexts` texts only the number is told. */
export function sizeOfAnswer(outputs: Readonly<Record<string, Tensor>>, mostTexts = Infinity): AnswerSize {
  let [bytes, texts] = [0, 0];
  for (const { data } of Object.values(outputs)) {
    if (ArrayBuffer.isView(data)) {
      bytes += data.byteLength;
      continue;
    }
    texts += data.length;
    if (texts <= mostTexts) for (const text of data) bytes += 2 * text.length;
  }
  return { bytes, texts };
}

/** Throws `InvalidModelError` for an answer beyond the limits. */
export function checkAnswer({ bytes, texts }: AnswerSize, limits: AnswerLimits): void {
  const over =
    texts > limits.texts
      ? `${texts} texts, and ${limits.texts} are allowed`
      : bytes > limits.bytes
        ? `${bytes} bytes, and ${limits.bytes} are allowed`
        : null;
  if (over !== null)
    throw invalidModel(`the model answers with ${over}: ask for fewer rows, or export it with smaller outputs`);
}

/** Inputs and outputs of a model at most, and characters of all their names. */
const [mostTensors, mostNameCharacters] = [20_000, 1_000_000];

/** Throws `InvalidModelError` for a signature that is too long to be passed on. */
export function checkSignature({ inputs, outputs }: Signature): void {
  const all = [...inputs, ...outputs];
  let characters = 0;
  for (const { name, shape } of all) characters += name.length + shape.length;
  if (all.length > mostTensors || characters > mostNameCharacters)
    throw invalidModel(
      `the model has ${all.length} inputs and outputs with ${characters} characters in their names, and ${mostTensors} with ${mostNameCharacters} are allowed: export it with fewer, or with shorter names`,
    );
}

const invalidModel = (message: string): PawlError => new PawlError(errorTypes.invalidModel, message);
