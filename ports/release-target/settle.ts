import { setTimeout as sleep } from 'node:timers/promises';
import { TargetNotSettledError } from './port.ts';

export interface SettleOptions {
  /** Milliseconds between two looks. */
  readonly poll: number;
  /** Milliseconds until it is given up. */
  readonly settle: number;
}

/**
 * Looks until `look` returns null; what it returns otherwise says what is still missing. Throws `TargetNotSettledError` when
 * the time is over.
 */
export async function settle(
  what: string,
  options: SettleOptions,
  look: () => Promise<string | null>,
  signal?: AbortSignal,
): Promise<void> {
  const until = performance.now() + options.settle;
  let missing = await look();
  while (missing !== null) {
    signal?.throwIfAborted();
    if (performance.now() >= until)
      throw new TargetNotSettledError(`${what} is not settled after ${options.settle} ms: ${missing}`);
    await sleep(options.poll, undefined, { signal });
    missing = await look();
  }
}
