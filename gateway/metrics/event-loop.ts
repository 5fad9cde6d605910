import { metricDefinitions } from './definitions.ts';
import { delayBounds, Histogram } from './histogram.ts';
import type { Metric } from './snapshot.ts';

export interface EventLoopWatch {
  /** By how much a timer came late: everything since the start, so that whoever scrapes takes the window he wants. */
  readonly delays: Metric;
  /** Longest delay in seconds of the window, and of the one before. */
  longest(): number;
  /** Busy share of the window and the one before, 0 to 1. */
  utilization(): number;
  /**
   * By how many milliseconds the last look came late: about how long requests lay unread in their sockets. A model's pass holds the
   * event loop, and no other clock of ours runs where those wait that come meanwhile.
   */
  lagMs(): number;
}

/**
 * Milliseconds between two looks. Each wakes a process that may have nothing else to do, and delays the request that just comes, so
 * they are many only while the loop is late.
 */
const [calmTickMs, lateTickMs] = [50, 5];
/** Timers go by whole milliseconds: up to this lateness says nothing. */
const calmMs = 2;
const windowMs = 10_000;

/**
 * Watches the event loop with a timer of its own. `monitorEventLoopDelay` does not help with windows: its `reset()` also forgets when
 * its timer last ran, so the first sample afterwards, which is the one that a scrape delays, is lost; and what one scraper resets another
 * never sees. Here windows go by the clock, and two are read at a time, so that the last ten seconds are always in.
 */
function watchEventLoop(): EventLoopWatch {
  const delays = new Histogram(metricDefinitions.process.loopDelay, delayBounds);
  const distribution = delays.of();
  let [last, observed] = [performance.now(), performance.now()];
  let windowEnd = last + windowMs;
  let [before, now] = [0, 0];
  let [tickMs, lagMs, longestMs] = [calmTickMs, 0, 0];
  let [busyBefore, busyNow] = [performance.eventLoopUtilization(), performance.eventLoopUtilization()];
  const look = (): void => {
    const at = performance.now();
    lagMs = Math.max(0, at - last - tickMs);
    last = at;
    longestMs = Math.max(longestMs, lagMs);
    if (at - observed >= calmTickMs) {
      distribution.observe(longestMs / 1_000);
      [observed, longestMs] = [at, 0];
    }
    if (at >= windowEnd) {
      [before, now] = [now, 0];
      [busyBefore, busyNow] = [busyNow, performance.eventLoopUtilization()];
      windowEnd = at + windowMs;
    }
    now = Math.max(now, lagMs / 1_000);
    tickMs = lagMs > calmMs ? lateTickMs : calmTickMs;
    setTimeout(look, tickMs).unref();
  };
  setTimeout(look, tickMs).unref();
  return {
    delays,
    longest: () => Math.max(before, now, (performance.now() - last - tickMs) / 1_000),
    utilization: () => performance.eventLoopUtilization(performance.eventLoopUtilization(), busyBefore).utilization,
    lagMs: () => lagMs,
  };
}

let watch: EventLoopWatch | null = null;

/** The process's one watch, which begins when it is first asked for. */
export const eventLoop = (): EventLoopWatch => (watch ??= watchEventLoop());
