const sliceMs = 50;

/**
 * Runs a long computation to its end in slices of about 50 ms; between them other work of this process gets its turn. `onSlice` hears
 * what the last step of a slice yielded. Throws the signal's reason.
 */
export async function inSlices<Y, T>(
  steps: Generator<Y, T, void>,
  signal: AbortSignal | undefined,
  onSlice: (yielded: Y) => void = () => undefined,
): Promise<T> {
  signal?.throwIfAborted();
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < sliceMs) continue;
    onSlice(step.value);
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  }
}
