import { shown } from './shapes.ts';

/** How a window moves over the spatial axes of `[n, c, ...spatial]`; a number for each of them. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before each axis, then after each. */
  readonly pads: readonly number[];
}

/** Where the last window may lie partly behind the end. */
export type Rounding = 'floor' | 'ceil';

/** Positions of the window along each axis, as ONNX counts them. Throws `RangeError` for a window that is larger than what it lies on. */
export function windowSizes(window: Window, spatial: readonly number[], rounding: Rounding = 'floor'): number[] {
  const { kernel, strides, dilations, pads } = window;
  const sizes = spatial.map((size, at) => {
    const [before = 0, after = 0, stride = 1] = [pads[at], pads[at + spatial.length], strides[at]];
    const reach = size + before + after - (dilations[at] ?? 1) * ((kernel[at] ?? 1) - 1) - 1;
    if (rounding === 'floor') return Math.floor(reach / stride) + 1;
    const last = Math.ceil(reach / stride);
    // A window that would begin in the padding behind the end is left out.
    return last * stride >= size + before ? last : last + 1;
  });
  if (kernel.length === spatial.length && sizes.every((size) => size > 0)) return sizes;
  throw new RangeError(`a window ${shown(kernel)} does not fit into ${shown(spatial)}`);
}

export const windowAttributes = ({ kernel, strides, dilations, pads }: Window) => ({
  kernel_shape: { ints: kernel },
  strides: { ints: strides },
  dilations: { ints: dilations },
  pads: { ints: pads },
});
