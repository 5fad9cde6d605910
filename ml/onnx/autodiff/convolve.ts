import { sumOverAxes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';
import { placeWindows, transposedAttributes, type Windows } from './windows.ts';

/**
 * Convolution of x `[n, c, ...sizes]` with w `[m, c / groups, ...kernel]` and b `[m]`, which may be left out: `[n, m, ...outputs]`, over one or two
 * spatial axes. The gradient by x is the transposed convolution; that by w is a convolution of x with the output's gradient, in which the
 * rows are what is summed over, and strides and dilations change places (Dumoulin and Visin 2016, "A guide to convolution arithmetic", ch. 4).
 */
export function convolve(
  tape: Tape,
  x: Value,
  w: Value,
  b: Value | null = null,
  { groups = 1, ...windows }: Windows & { readonly groups?: number } = {},
): Value {
  const g = tape.graph;
  const [outputsOf = 1, perGroup = 1, ...kernel] = w.shape.map(Number);
  if (x.shape[1] !== perGroup * groups || outputsOf % groups !== 0)
    throw new RangeError(
      `a convolution of ${x.shape[1]} channels in ${groups} groups takes no weights of [${w.shape.join(', ')}]`,
    );
  const placed = placeWindows(x, kernel, windows);
  const { sizes, strides, dilations, pads, outputs } = placed;
  const group = { group: { int: groups } };
  const spatial = sizes.map((_, axis) => axis + 2);
  const swapped = (value: string): string => g.node('Transpose', [value], { perm: { ints: [1, 0, ...spatial] } });
  const shape = [x.shape[0] ?? 1, outputsOf, ...outputs];
  return tape.record(
    'Conv',
    b === null ? [x, w] : [x, w, b],
    shape,
    (gradient, position) => {
      if (position === 0)
        return g.node('ConvTranspose', [gradient, w.name], { ...transposedAttributes(placed), ...group });
      if (position === 2) return sumOverAxes(g, gradient, [0, ...spatial], false);
      // Channels of a group as rows, and rows of each group as channels: `[c / groups, groups n, ...sizes]`.
      const grouped = g.node('Reshape', [x.name, g.ints('grouped', [-1, groups, perGroup, ...sizes])]);
      const turned = g.node('Transpose', [grouped], {
        perm: { ints: [2, 1, 0, ...sizes.map((_, axis) => axis + 3)] },
      });
      const rows = g.node('Reshape', [turned, g.ints('rows', [perGroup, -1, ...sizes])]);
      const whole = g.node('Conv', [rows, swapped(gradient)], {
        kernel_shape: { ints: outputs },
        strides: { ints: dilations },
        dilations: { ints: strides },
        pads: { ints: pads },
        ...group,
      });
      // Elements that strides left out of every window make it longer.
      const kept = g.node('Slice', [
        whole,
        g.ints(
          'from',
          kernel.map(() => 0),
        ),
        g.ints('to', kernel),
        g.ints('axes', spatial),
      ]);
      return swapped(kept);
    },
    { ...placed.attributes, ...group },
  );
}
