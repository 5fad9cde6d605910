import type { Predictions } from '../../contracts/data/frame.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { taskFor } from './index.ts';

/** Rows and values of a pass: it blocks the event loop, for some 10 ms with so many rows of a narrow model. */
const mostRows = 4096;
const mostValues = 500_000;

export interface Chunks {
  readonly rows: number;
  /** Inputs of the model. */
  readonly width: number;
  /** The feeds of the rows `from` to before `to`. */
  readonly feeds: (from: number, to: number) => Readonly<Record<string, Tensor>>;
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>;
  readonly labelSpace: LabelSpace;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Predictions for rows, in chunks that let the event loop breathe. Throws `InvalidModelError` where a pass fails or answers what the
 * task cannot read, and the signal's reason between chunks.
 */
export async function predictInChunks({ rows, width, feeds, run, labelSpace, signal }: Chunks): Promise<Predictions> {
  const chunkRows = Math.max(64, Math.min(mostRows, Math.floor(mostValues / Math.max(1, width))));
  const { read } = taskFor(labelSpace);
  let joined: Predictions = { answer: new Float64Array(rows), scores: new Float64Array(0), width: 0 };
  for (let from = 0; from < rows; from += chunkRows) {
    if (from > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const to = Math.min(rows, from + chunkRows);
    const given = feeds(from, to);
    const outputs = await run(given).catch((error: Error) => {
      const message = `the model fails on rows of ${Object.keys(given).join(', ')}: ${error.message}`;
      throw new PawlError(errorTypes.invalidModel, message, {}, { cause: error });
    });
    const part = read(outputs, to - from, labelSpace);
    if (from === 0) joined = { ...joined, scores: new Float64Array(rows * part.width), width: part.width };
    joined.answer.set(part.answer, from);
    joined.scores.set(part.scores, from * part.width);
  }
  return joined;
}
