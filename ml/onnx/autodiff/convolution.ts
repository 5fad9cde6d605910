import type { GraphBuilder } from '../graph.ts';
import { knownSizes, shown, sumOverAxes } from './shapes.ts';
import { windowAttributes, windowSizes, type Window } from './window.ts';
import type { Tape, Value } from './tape.ts';

/**
 * Convolution of x `[n, c, ...spatial]` with w `[m, c / groups, ...kernel]` and b `[m]`, which may be left out, over any number of spatial axes; their
 * sizes must be known. The gradient by x is a `ConvTranspose`; that by w is a convolution of the two with their first axes exchanged (Dumoulin and
 * Visin 2016, "A guide to convolution arithmetic", ch. 4). Throws `RangeError` for shapes that do not go together.
 */
export function conv(
  tape: Tape,
  { x, w, b }: { readonly x: Value; readonly w: Value; readonly b?: Value | undefined },
  window: Omit<Window, 'kernel'>,
  groups: number,
): Value {
  const g = tape.graph;
  const channels = Number(x.shape[1]);
  const weights = knownSizes(w.shape, 'Conv');
  const [outputs = 1, inputs = 1, ...kernel] = weights;
  if (x.shape.length !== w.shape.length || channels !== inputs * groups || outputs % groups !== 0)
    throw new RangeError(
      `Conv of ${shown(x.shape)} by weights ${shown(w.shape)} in ${groups} groups does not go together`,
    );
  const full = { ...window, kernel };
  const spatial = knownSizes(x.shape.slice(2), 'Conv');
  const sizes = windowSizes(full, spatial);
  const shape = [x.shape[0] ?? 1, outputs, ...sizes];
  const attributes = { ...windowAttributes(full), group: { int: groups } };
  const job = { full, spatial, groups, weights };
  return tape.record(
    'Conv',
    b === undefined ? [x, w] : [x, w, b],
    shape,
    (gradient, position) => {
      if (position === 0) return byInput(g, gradient, w.name, job);
      if (position === 1) return byWeights(g, x.name, gradient, job);
      return sumOverAxes(g, gradient, [0, ...kernel.map((_, axis) => axis + 2)], false);
    },
    attributes,
  );
}

interface Backward {
  readonly full: Window;
  /** Sizes of the spatial axes of the input. */
  readonly spatial: readonly number[];
  readonly groups: number;
  /** Shape of the weights. */
  readonly weights: readonly number[];
}

/** What a window's positions, each a sum by the weights, say of the input that they were taken from. */
export function byInput(
  g: GraphBuilder,
  gradient: string,
  weights: string,
  { full, spatial, groups }: Omit<Backward, 'weights'>,
): string {
  const rest = restOf(full, spatial);
  return g.node('ConvTranspose', [gradient, weights], {
    ...windowAttributes(full),
    group: { int: groups },
    output_padding: { ints: rest },
  });
}

/** The last elements of each spatial axis that no window reaches. */
const restOf = (full: Window, spatial: readonly number[]): number[] =>
  spatial.map((size, at) => {
    const { kernel, strides, dilations, pads } = full;
    const reach =
      size + (pads[at] ?? 0) + (pads[at + spatial.length] ?? 0) - (dilations[at] ?? 1) * ((kernel[at] ?? 1) - 1) - 1;
    return reach % (strides[at] ?? 1);
  });

/** Strides and dilations change places. What the last elements add beyond the kernel is cut off. */
function byWeights(g: GraphBuilder, x: string, gradient: string, { full, spatial, groups, weights }: Backward): string {
  const { kernel, strides, dilations, pads } = full;
  const [, inputs = 1] = weights;
  const axes = kernel.map((_, axis) => axis + 2);
  const exchanged = { perm: { ints: [1, 0, ...axes] } };
  const images = groups === 1 ? g.node('Transpose', [x], exchanged) : grouped(g, x, inputs, groups, spatial);
  const kernels = g.node('Transpose', [gradient], exchanged);
  const wide = g.node('Conv', [images, kernels], {
    strides: { ints: dilations },
    dilations: { ints: strides },
    pads: { ints: pads },
    group: { int: groups },
  });
  const cut = g.node('Slice', [
    wide,
    g.ints(
      'starts',
      axes.map(() => 0),
    ),
    g.ints('ends', kernel),
    g.ints('axes', axes),
  ]);
  return g.node('Transpose', [cut], exchanged);
}

/** `[n, groups * inputs, ...]` to `[inputs, groups * n, ...]`, group by group. */
function grouped(g: GraphBuilder, x: string, inputs: number, groups: number, spatial: readonly number[]): string {
  const parted = g.node('Reshape', [x, g.ints('parted', [-1, groups, inputs, ...spatial])]);
  const turned = g.node('Transpose', [parted], { perm: { ints: [2, 1, 0, ...spatial.map((_, axis) => axis + 3)] } });
  return g.node('Reshape', [turned, g.ints('joined', [inputs, -1, ...spatial])]);
}
