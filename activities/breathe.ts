import { setImmediate } from 'node:timers/promises';

const sliceMs = 50;

/** Runs a long computation to its end in slices of about 50 ms, so that heartbeats and other activities get their turn. */
export async function breathe<T>(steps: Generator<unknown, T, void>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < sliceMs) continue;
    await setImmediate();
    since = performance.now();
  }
}
