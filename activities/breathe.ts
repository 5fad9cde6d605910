import { setImmediate } from 'node:timers/promises';
import { reportProgress } from './progress.ts';
import { currentSignal } from './stoppable-ports.ts';

const sliceMs = 50;
/** A share is told in percent. */
const parts = 100;

/**
 * Runs a long computation to its end in slices of about 50 ms, so that heartbeats and other activities get their turn. Steps that
 * yield the share that is done are told as progress. Throws the reason of a cancelled activity.
 */
export async function breathe<T>(steps: Generator<unknown, T, void>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < sliceMs) continue;
    if (typeof step.value === 'number') reportProgress(Math.floor(parts * step.value), parts, '%');
    await setImmediate();
    currentSignal()?.throwIfAborted();
    since = performance.now();
  }
}
