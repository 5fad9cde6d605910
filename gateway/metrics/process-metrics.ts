import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { packageRoot } from '../../config/source-tree.ts';
import { Gauge, ReadCounter } from './gauge.ts';
import { delayBounds, Histogram } from './histogram.ts';
import { eventLoop } from './event-loop.ts';
import type { Metric, Scope } from './snapshot.ts';

let known: readonly Metric[] | null = null;

/** Metrics of the process itself: CPU, memory, event loop, garbage collection, files, versions. */
export function processMetrics(): readonly Metric[] {
  known ??= [
    cpuSeconds(),
    ...memory(),
    ...eventLoopMetrics(),
    garbageCollection(),
    ...openFiles(),
    startTime(),
    build(),
  ];
  return known;
}

const one = (name: string, help: string, read: () => number, scope: Scope = 'process'): Gauge =>
  new Gauge(name, help, () => [[{}, read()]], scope);

const cpuSeconds = (): Metric =>
  new ReadCounter(
    'pawl_process_cpu_seconds_total',
    'Processor time that the process used.',
    () => {
      const { user, system } = process.cpuUsage();
      return [
        [{ mode: 'user' }, user / 1e6],
        [{ mode: 'system' }, system / 1e6],
      ];
    },
    'process',
  );

const memory = (): Metric[] => [
  one('pawl_process_resident_memory_bytes', 'Memory of the process that is in RAM.', () => process.memoryUsage.rss()),
  one('pawl_process_heap_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed),
  one('pawl_process_external_bytes', 'Buffers and other memory that JavaScript objects hold outside the heap.', () => {
    return process.memoryUsage().external;
  }),
];

function eventLoopMetrics(): Metric[] {
  const loop = eventLoop();
  return [
    loop.delays,
    one('pawl_event_loop_delay_max_seconds', 'Longest delay of the last 10 to 20 seconds.', () => loop.longest()),
    one('pawl_event_loop_utilization', 'Share of the last 10 to 20 seconds that the event loop was busy; 0 to 1.', () =>
      loop.utilization(),
    ),
  ];
}

const kinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak',
};

/** Of `entryTypes: ['gc']`; @types/node has no name for it. */
type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

function garbageCollection(): Metric {
  const seconds = new Histogram(
    'pawl_gc_seconds',
    'Seconds of a garbage collection, by kind.',
    delayBounds,
    ['kind'],
    'process',
  );
  new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GcEntry[])
      seconds.of(kinds[detail.kind] ?? 'other').observe(duration / 1_000);
  }).observe({ entryTypes: ['gc'] });
  return seconds;
}

const openFiles = (folder = '/proc/self/fd'): Metric[] =>
  existsSync(folder) ? [one('pawl_process_open_fds', 'Open files and sockets.', () => readdirSync(folder).length)] : [];

const startTime = (): Metric =>
  one('pawl_process_start_time_seconds', 'Start of the process, seconds since the epoch.', () => {
    return performance.timeOrigin / 1_000;
  });

function build(): Metric {
  const versionIn = (path: string): string => {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    return version;
  };
  const labels = {
    version: versionIn(join(packageRoot, 'package.json')),
    node: process.versions.node,
    onnxruntime: versionIn(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  };
  return new Gauge('pawl_build_info', 'Always 1; its labels name what runs.', () => [[labels, 1]], 'same');
}
