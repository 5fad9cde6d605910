import type { Tape, Value } from './tape.ts';
import { placeWindows, transposedAttributes, type Windows } from './windows.ts';

/** The greatest value of each window of `[n, c, ...sizes]`. The gradient goes to where it was, the first place of equal ones. */
export function maxPool(tape: Tape, x: Value, kernel: readonly number[], windows: Windows = {}): Value {
  const g = tape.graph;
  const placed = placeWindows(x, kernel, windows);
  const [values = '', places = ''] = g.multiNode('MaxPool', [x.name], ['MaxPool', 'places'], placed.attributes);
  return tape.derive(values, [x], [...x.shape.slice(0, 2), ...placed.outputs], (gradient) => {
    const flat = (value: string): string => g.node('Reshape', [value, g.ints('flat', [-1])]);
    const size = g.node('Reshape', [g.node('Size', [x.name]), g.ints('one', [1])]);
    const zeros = g.node('ConstantOfShape', [size]);
    const added = g.node('ScatterElements', [zeros, flat(places), flat(gradient)], {
      axis: { int: 0 },
      reduction: { string: 'add' },
    });
    return g.node('Reshape', [added, g.node('Shape', [x.name])]);
  });
}

/** The mean of each window of `[n, c, ...sizes]`, of the values inside unless `countPads`. */
export function averagePool(
  tape: Tape,
  x: Value,
  kernel: readonly number[],
  { countPads = false, ...windows }: Windows & { readonly countPads?: boolean } = {},
): Value {
  const g = tape.graph;
  const placed = placeWindows(x, kernel, windows);
  const { sizes, outputs, attributes } = placed;
  const size = kernel.reduce((product, length) => product * length, 1);
  return tape.record(
    'AveragePool',
    [x],
    [...x.shape.slice(0, 2), ...outputs],
    (gradient) => {
      const shares = g.constant('shares', insideShares(placed, countPads ? size : null), [1, 1, ...outputs]);
      const scaled = g.node('Mul', [gradient, shares]);
      const single = g.node('Reshape', [scaled, g.ints('single', [-1, 1, ...outputs])]);
      const ones = g.constant('ones', new Float32Array(size).fill(1), [1, 1, ...kernel]);
      const spread = g.node('ConvTranspose', [single, ones], transposedAttributes(placed));
      return g.node('Reshape', [spread, g.ints('shape', [-1, Number(x.shape[1]), ...sizes])]);
    },
    { ...attributes, count_include_pad: { int: countPads ? 1 : 0 } },
  );
}

/** By window, 1 by the number of values that its mean is of: `count`, or those inside the input. */
function insideShares(
  { sizes, outputs, kernel, strides, dilations, pads }: Windowed,
  count: number | null,
): Float32Array {
  // Along one axis, how many places of each window are inside.
  const inside = outputs.map((length, axis) =>
    Array.from({ length }, (_, window) => {
      const start = window * strides[axis]! - pads[axis]!;
      const places = Array.from({ length: kernel[axis]! }, (_, at) => start + at * dilations[axis]!);
      return places.filter((place) => place >= 0 && place < sizes[axis]!).length;
    }),
  );
  const counts = inside.reduce((products, axis) => products.flatMap((of) => axis.map((n) => of * n)), [1]);
  return Float32Array.from(counts, (of) => 1 / (count ?? of));
}

type Windowed = ReturnType<typeof placeWindows>;
