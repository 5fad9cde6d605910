import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { packageRoot } from '../../config/source-tree.ts';
import { metricDefinitions, type MetricDefinition } from './definitions.ts';
import { eventLoop } from './event-loop.ts';
import { delayBounds, Histogram } from './histogram.ts';
import { ReadMetric } from './read-metric.ts';
import type { Metric } from './snapshot.ts';

const { process: defined } = metricDefinitions;

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

const one = (definition: MetricDefinition<'gauge'>, read: () => number): Metric =>
  new ReadMetric(definition, () => [[{}, read()]]);

const cpuSeconds = (): Metric =>
  new ReadMetric(defined.cpuSeconds, () => {
    const { user, system } = process.cpuUsage();
    return [
      [{ mode: 'user' }, user / 1e6],
      [{ mode: 'system' }, system / 1e6],
    ];
  });

const memory = (): Metric[] => [
  one(defined.residentMemory, () => process.memoryUsage.rss()),
  one(defined.heap, () => process.memoryUsage().heapUsed),
  one(defined.external, () => process.memoryUsage().external),
];

function eventLoopMetrics(): Metric[] {
  const loop = eventLoop();
  return [
    loop.delays,
    one(defined.loopDelayMax, () => loop.longest()),
    one(defined.loopUtilization, () => loop.utilization()),
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
  const seconds = new Histogram(defined.gcSeconds, delayBounds);
  new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as GcEntry[])
      seconds.of(kinds[detail.kind] ?? 'other').observe(duration / 1_000);
  }).observe({ entryTypes: ['gc'] });
  return seconds;
}

const openFiles = (folder = '/proc/self/fd'): Metric[] =>
  existsSync(folder) ? [one(defined.openFiles, () => readdirSync(folder).length)] : [];

const startTime = (): Metric => one(defined.startTime, () => performance.timeOrigin / 1_000);

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
  return new ReadMetric(defined.build, () => [[labels, 1]]);
}
