import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Tensor, TensorData } from '../../contracts/data/tensor.ts';
import { predictInChunks } from '../tasks/predict-in-chunks.ts';

/** Columns that take their values from other rows: row `i` those of row `order[i]`. */
export interface Shuffle {
  readonly columns: readonly string[];
  readonly order: Int32Array;
}

/** What runs a model: a frame as one tensor `[rows, 1]` per input, and a pass of them. */
interface Runner {
  feeds(frame: Frame): Readonly<Record<string, Tensor>>;
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

/** Predictions for a frame again and again, some columns shuffled: each column is made a tensor once for all of them. */
export function shuffledPasses(
  model: Runner,
  frame: Frame,
  labelSpace: LabelSpace,
): (shuffle?: Shuffle) => Promise<Predictions> {
  const whole = Object.entries(model.feeds(frame));
  return (shuffle) => {
    const shuffled = new Set(shuffle?.columns);
    const given = whole.map(([name, { type, data }]) => ({
      name,
      type,
      data: shuffled.has(name) ? taken(data, shuffle!.order) : data,
    }));
    return predictInChunks({
      rows: frame.rowCount,
      width: given.length,
      feeds: (from, to) =>
        Object.fromEntries(
          given.map(({ name, type, data }) => [name, { type, shape: [to - from, 1], data: cut(data, from, to) }]),
        ),
      run: (feeds) => model.run(feeds),
      labelSpace,
    });
  };
}

const cut = (data: TensorData, from: number, to: number): TensorData =>
  Array.isArray(data) ? data.slice(from, to) : (data as Float32Array).subarray(from, to);

/** The values at these places. */
function taken(data: TensorData, places: Int32Array): TensorData {
  if (Array.isArray(data)) return Array.from(places, (place) => data[place] as string);
  const values = data as Float32Array;
  const found = new (values.constructor as Float32ArrayConstructor)(places.length);
  for (let i = 0; i < found.length; i += 1) found[i] = values[places[i]!]!;
  return found;
}
