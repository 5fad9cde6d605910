import { nodeOf, valueInfo } from '../graph.ts';
import type { ModelProto } from '../proto.ts';
import { findLayers } from './find-layers.ts';
import { GraphView } from './graph-view.ts';
import { createHistogram } from './histogram.ts';
import type { ActivationRange } from './scheme.ts';

/** What calibration saw of one activation. */
export interface ObservedRange extends ActivationRange {
  /** Dimensions of the value. */
  readonly rank: number;
}

/** By the name of the value. */
export type ObservedRanges = ReadonlyMap<string, ObservedRange>;

export interface Instrumented {
  /** The model with further outputs, one for each activation whose range is wanted. */
  readonly model: ModelProto;
  readonly activations: readonly { readonly value: string; readonly output: string }[];
}

/** Adds outputs for the activations that a static quantization needs the ranges of; the model's own stay first, as they are. */
export function instrument(model: ModelProto): Instrumented {
  const view = new GraphView(model);
  const values = new Set(findLayers(view).layers.map(({ activation }) => activation));
  const activations = [...values].map((value) => ({ value, output: view.unique(`${value}_observed`) }));
  const { graph } = model;
  return {
    activations,
    model: {
      ...model,
      graph: {
        ...graph,
        node: [...graph.node, ...activations.map(({ value, output }) => nodeOf('Identity', [value], [output]))],
        output: [...graph.output, ...activations.map(({ output }) => valueInfo(output, 'float32'))],
      },
    },
  };
}

/** One output of a pass. */
interface Observed {
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown>;
}

export interface RangeCollector {
  /** Takes the outputs of one pass of the instrumented model. Throws `TypeError` where an activation is not among them. */
  add(outputs: Readonly<Record<string, Observed>>): void;
  ranges(): ObservedRanges;
}

/**
 * Collects the ranges of the activations over the passes of an instrumented model. `percentile`, in (50, 100]: 100 (the default)
 * is the smallest and largest value, less cuts off as much on either side, to within a 512th of the largest magnitude. A value
 * that is not finite makes its range not finite.
 */
export function createRangeCollector({ activations }: Instrumented, percentile = 100): RangeCollector {
  if (!(percentile > 50 && percentile <= 100)) throw new RangeError(`percentile ${percentile} must be in (50, 100]`);
  const seen = activations.map(({ value, output }) => ({ value, output, rank: 0, histogram: createHistogram() }));
  return {
    add(outputs) {
      for (const entry of seen) {
        const observed = outputs[entry.output];
        if (!(observed?.data instanceof Float32Array))
          throw new TypeError(`the pass has no output "${entry.output}" of float32: run the instrumented model`);
        entry.rank = observed.shape.length;
        entry.histogram.add(observed.data);
      }
    },
    ranges() {
      const counted = seen.filter(({ histogram }) => histogram.count() > 0);
      return new Map(counted.map(({ value, rank, histogram }) => [value, { ...histogram.range(percentile), rank }]));
    },
  };
}
