export interface LoopLag {
  /** By how many milliseconds the event loop came late to its last look: about how long requests lay unread in their sockets. */
  ms(): number;
  stop(): void;
}

const tickMs = 5;

/**
 * Watches how late timers are. A model's pass holds the event loop, so requests that come meanwhile wait where no clock of ours
 * runs; this is what stands for their wait.
 */
export function watchLoopLag(): LoopLag {
  let last = performance.now();
  let late = 0;
  const timer = setInterval(() => {
    const at = performance.now();
    late = Math.max(0, at - last - tickMs);
    last = at;
  }, tickMs);
  timer.unref();
  return { ms: () => late, stop: () => clearInterval(timer) };
}
