import type { RestParts } from '../http/exchange.ts';
import { metricDefinitions, type MetricDefinition } from './definitions.ts';
import { ReadMetric } from './read-metric.ts';

const { gauges: defined } = metricDefinitions;

/** What is read when metrics are asked for, rather than counted. */
export function gauges(parts: RestParts): ReadMetric[] {
  const { runtimes, follower, guard, mirror, spool, shedder } = parts;
  const records = (): { model: string; seq: number; share: number }[] =>
    follower.models().flatMap((model) => {
      const record = follower.serving(model)?.record;
      return record === undefined ? [] : [{ model, seq: record.seq, share: record.canary?.share ?? 0 }];
    });
  const one = (definition: MetricDefinition<'gauge'>, read: () => number): ReadMetric =>
    new ReadMetric(definition, () => [[{}, read()]]);
  return [
    new ReadMetric(defined.deploymentSeq, () => records().map(({ model, seq }) => [{ model }, seq])),
    new ReadMetric(defined.deploymentRefused, () => follower.refused().map((model) => [{ model }, 1])),
    new ReadMetric(defined.canaryShare, () => records().map(({ model, share }) => [{ model }, share])),
    new ReadMetric(defined.cacheBytes, () =>
      follower.models().flatMap((model) =>
        [...(follower.serving(model)?.versions.values() ?? [])].flatMap(
          (served): [Record<string, string>, number][] => {
            const { cache } = runtimes.of(model, served);
            return cache === null ? [] : [[{ model, version: String(served.version) }, cache.stats().bytes]];
          },
        ),
      ),
    ),
    one(defined.loadedBytes, () => follower.loadedBytes()),
    one(defined.mirrorWaiting, () => mirror.waiting),
    one(defined.segmentsWaiting, () => spool.health().waitingSegments),
    one(defined.waitingBytes, () => spool.health().waitingBytes),
    one(defined.segmentsCorrupt, () => spool.health().corruptSegments),
    one(defined.pendingBytes, () => spool.health().pendingBytes),
    one(defined.logLag, () => spool.health().oldestUnsyncedMs / 1_000),
    one(defined.bytesInFlight, () => parts.bytes.inFlight),
    one(defined.requestsInFlight, () => shedder.inFlight),
    one(defined.shedding, () => (shedder.shedding ? 1 : 0)),
    one(defined.degraded, () =>
      follower.health().status === 'degraded' || guard.reasons().length > 0 || spool.health().problem !== null ? 1 : 0,
    ),
  ];
}
