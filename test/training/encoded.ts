import * as encoding from '../../ml/training/encoding.ts';

function toEnd<T>(steps: Generator<void, T, void>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** `fitEncoding` in one go. */
export const fitEncoding = (...given: Parameters<typeof encoding.fitEncoding>): encoding.Encoding =>
  toEnd(encoding.fitEncoding(...given));

/** `encodeRows` in one go. */
export const encodeRows = (...given: Parameters<typeof encoding.encodeRows>): encoding.EncodedRows =>
  toEnd(encoding.encodeRows(...given));
