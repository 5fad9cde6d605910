import { delayBounds, Histogram } from './histogram.ts';
import type { Metric } from './snapshot.ts';

export interface EventLoopWatch {
  /** By how much a timer came late: everything since the start, so that whoever scrapes takes the window he wants. */
  readonly delays: Metric;
  /** Longest delay in seconds of the window, and of the one before. */
  longest(): number;
  /** Busy share of the window and the one before, 0 to 1. */
  utilization(): number;
}

const tickMs = 20;
const windowMs = 10_000;

/**
 * Watches the event loop with a timer of its own. `monitorEventLoopDelay` is no help for windows: its `reset()` also forgets when
 * its timer last ran, so the first sample afterwards, which is the one that a scrape delays, is lost; and what one scraper resets another
 * never sees. Here windows go by the clock, and two are read at a time, so that the last ten seconds are always in.
 */
export function watchEventLoop(): EventLoopWatch {
  const delays = new Histogram(
    'pawl_event_loop_delay_seconds',
    `By how much a timer of ${tickMs} ms came late.`,
    delayBounds,
    [],
    'process',
  );
  const distribution = delays.of();
  let last = performance.now();
  let windowEnd = last + windowMs;
  let [before, now] = [0, 0];
  let [busyBefore, busyNow] = [performance.eventLoopUtilization(), performance.eventLoopUtilization()];
  setInterval(() => {
    const at = performance.now();
    const late = Math.max(0, at - last - tickMs) / 1_000;
    last = at;
    distribution.observe(late);
    if (at >= windowEnd) {
      [before, now] = [now, 0];
      [busyBefore, busyNow] = [busyNow, performance.eventLoopUtilization()];
      windowEnd = at + windowMs;
    }
    if (late > now) now = late;
  }, tickMs).unref();
  return {
    delays,
    longest: () => Math.max(before, now, (performance.now() - last - tickMs) / 1_000),
    utilization: () => performance.eventLoopUtilization(performance.eventLoopUtilization(), busyBefore).utilization,
  };
}
