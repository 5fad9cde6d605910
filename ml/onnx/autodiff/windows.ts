import type { Attributes } from '../attribute.ts';
import { knownSizes } from './shapes.ts';
import type { Value } from './tape.ts';

/** How windows lie on the spatial axes of `[n, channels, ...sizes]`; one number for each axis, twice as many pads: begins, then ends. */
export interface Windows {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
}

export interface Placed {
  /** Sizes of the spatial axes of the input, and of the output. */
  readonly sizes: readonly number[];
  readonly outputs: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  /** As the operators take them. */
  readonly attributes: Attributes;
}

/**
 * `outputs = floor((size + pads - dilation (kernel - 1) - 1) / stride) + 1` by axis. Throws `RangeError` for a window that is larger than what it
 * lies on, for axes that do not match, and for spatial sizes that are not known.
 */
export function placeWindows(x: Value, kernel: readonly number[], { strides, dilations, pads }: Windows): Placed {
  const sizes = knownSizes(x.shape.slice(2), 'a window');
  const ones = sizes.map(() => 1);
  const placed = {
    sizes,
    kernel,
    strides: strides ?? ones,
    dilations: dilations ?? ones,
    pads: pads ?? [...ones, ...ones].fill(0),
  };
  const outputs = sizes.map((size, axis) => {
    const padded = size + placed.pads[axis]! + placed.pads[axis + sizes.length]!;
    return Math.floor((padded - placed.dilations[axis]! * (kernel[axis]! - 1) - 1) / placed.strides[axis]!) + 1;
  });
  if (kernel.length !== sizes.length || outputs.some((size) => !(size > 0)))
    throw new RangeError(`windows [${kernel.join(', ')}] do not fit sizes [${sizes.join(', ')}]`);
  return {
    ...placed,
    outputs,
    attributes: {
      kernel_shape: { ints: [...kernel] },
      strides: { ints: [...placed.strides] },
      dilations: { ints: [...placed.dilations] },
      pads: { ints: [...placed.pads] },
    },
  };
}

/**
 * Attributes of the `ConvTranspose` that gives back the input's sizes. Where strides leave elements at the end out of every window, the output
 * is padded by so many.
 */
export function transposedAttributes({
  sizes,
  outputs,
  kernel,
  strides,
  dilations,
  pads,
  attributes,
}: Placed): Attributes {
  const rest = sizes.map((size, axis) => {
    const reached = strides[axis]! * (outputs[axis]! - 1) + dilations[axis]! * (kernel[axis]! - 1) + 1;
    return size - (reached - pads[axis]! - pads[axis + sizes.length]!);
  });
  return { ...attributes, output_padding: { ints: rest } };
}
