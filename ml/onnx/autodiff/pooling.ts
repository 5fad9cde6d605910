import { scattered } from './arrange.ts';
import { byInput } from './convolution.ts';
import { knownSizes } from './shapes.ts';
import type { Tape, Value } from './tape.ts';
import { windowAttributes, windowSizes, type Rounding, type Window } from './window.ts';

/** The greatest value of each window of x `[n, c, ...spatial]`; the gradient goes to its place, the first one of equals. */
export function maxPool(tape: Tape, x: Value, window: Window, rounding: Rounding): Value {
  const g = tape.graph;
  const spatial = knownSizes(x.shape.slice(2), 'MaxPool');
  const shape = [...x.shape.slice(0, 2), ...windowSizes(window, spatial, rounding)];
  const attributes = { ...windowAttributes(window), ceil_mode: { int: rounding === 'ceil' ? 1 : 0 } };
  const [y = '', places = ''] = g.multiNode('MaxPool', [x.name], ['MaxPool', 'places'], attributes);
  return tape.derive(y, [x], shape, (gradient) => {
    const flat = (name: string, sizes: readonly number[]): string => g.node('Reshape', [name, g.ints('flat', sizes)]);
    const size = g.node('Size', [x.name]);
    const added = scattered(g, flat(size, [1]), flat(places, [-1, 1]), flat(gradient, [-1]));
    return g.node('Reshape', [added, g.node('Shape', [x.name])]);
  });
}

/** The mean of each window of x `[n, c, ...spatial]`, over the padding too or without it. */
export function averagePool(tape: Tape, x: Value, window: Window, countsPadding: boolean): Value {
  const g = tape.graph;
  const spatial = knownSizes(x.shape.slice(2), 'AveragePool');
  const [channels = 1] = knownSizes(x.shape.slice(1, 2), 'AveragePool');
  const sizes = windowSizes(window, spatial);
  const shape = [...x.shape.slice(0, 2), ...sizes];
  return tape.record(
    'AveragePool',
    [x],
    shape,
    (gradient) => {
      const shares = countsPadding ? null : sharesOf(window, spatial, sizes);
      const whole = window.kernel.reduce((product, size) => product * size, 1);
      const share = shares === null ? g.scalar('share', 1 / whole) : g.constant('shares', shares, [1, 1, ...sizes]);
      const ones = g.constant('ones', new Float32Array(channels * whole).fill(1), [channels, 1, ...window.kernel]);
      return byInput(g, g.node('Mul', [gradient, share]), ones, { full: window, spatial, groups: channels });
    },
    { ...windowAttributes(window), count_include_pad: { int: countsPadding ? 1 : 0 } },
  );
}

/** What one element of each window counts, the padding left out. */
function sharesOf(window: Window, spatial: readonly number[], sizes: readonly number[]): Float32Array {
  const { kernel, strides, dilations, pads } = window;
  let counts = [1];
  for (const [at, size] of sizes.entries()) {
    const along = Array.from({ length: size }, (_, position) => {
      const start = position * (strides[at] ?? 1) - (pads[at] ?? 0);
      const places = Array.from({ length: kernel[at] ?? 1 }, (_, k) => start + k * (dilations[at] ?? 1));
      return places.filter((place) => place >= 0 && place < (spatial[at] ?? 0)).length;
    });
    counts = counts.flatMap((before) => along.map((count) => before * count));
  }
  return Float32Array.from(counts, (count) => 1 / count);
}
