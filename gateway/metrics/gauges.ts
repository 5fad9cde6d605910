import { Gauge } from './gauge.ts';
import type { RestParts } from '../http/exchange.ts';

/** What is read when metrics are asked for, rather than counted. */
export function gauges(parts: RestParts): Gauge[] {
  const { desks, follower, guard, mirror, spool, shedder } = parts;
  const records = (): { model: string; seq: number; share: number }[] =>
    follower.models().flatMap((model) => {
      const record = follower.serving(model)?.record;
      return record === undefined ? [] : [{ model, seq: record.seq, share: record.canary?.share ?? 0 }];
    });
  const one = (name: string, help: string, read: () => number): Gauge => new Gauge(name, help, () => [[{}, read()]]);
  return [
    new Gauge('pawl_deployment_seq', 'Sequence number of the deployment record in force.', () =>
      records().map(({ model, seq }) => [{ model }, seq]),
    ),
    new Gauge(
      'pawl_deployment_refused',
      '1 where the deployment record in the store was changed and is not followed.',
      () => follower.refused().map((model) => [{ model }, 1]),
    ),
    new Gauge('pawl_canary_share', 'Share of traffic that the canary gets.', () =>
      records().map(({ model, share }) => [{ model }, share]),
    ),
    new Gauge('pawl_cache_bytes', 'Bytes of the answers that are kept.', () =>
      follower.models().flatMap((model) =>
        [...(follower.serving(model)?.versions.values() ?? [])].flatMap(
          (served): [Record<string, string>, number][] => {
            const { cache } = desks.of(model, served);
            return cache === null ? [] : [[{ model, version: String(served.version) }, cache.stats().bytes]];
          },
        ),
      ),
    ),
    one('pawl_models_loaded_bytes', 'Bytes of the models in memory.', () => follower.loadedBytes()),
    one('pawl_mirror_waiting', 'Copies of requests that wait for an answer.', () => mirror.waiting),
    one(
      'pawl_log_segments_waiting',
      'Sealed segments that are not yet in the store.',
      () => spool.health().waitingSegments,
    ),
    one(
      'pawl_log_waiting_bytes',
      'Bytes of local segments that wait for the store.',
      () => spool.health().waitingBytes,
    ),
    one(
      'pawl_log_segments_corrupt',
      'Segments that were set aside since the start because they cannot be read.',
      () => spool.health().corruptSegments,
    ),
    one('pawl_log_pending_bytes', 'Bytes of records that wait for the disk.', () => spool.health().pendingBytes),
    one(
      'pawl_log_lag_seconds',
      'Age of the oldest record that is not on disk yet.',
      () => spool.health().oldestUnsyncedMs / 1_000,
    ),
    one('pawl_bytes_in_flight', 'Bytes of requests and answers that are in memory.', () => parts.bytes.inFlight),
    one('pawl_requests_in_flight', 'Requests that were let in and are not answered yet.', () => shedder.inFlight),
    one('pawl_shedding', '1 while load is shed.', () => (shedder.shedding ? 1 : 0)),
    one('pawl_degraded', '1 while the gateway serves by an old deployment record or cannot write its log.', () =>
      follower.health().status === 'degraded' || guard.reasons().length > 0 || spool.health().problem !== null ? 1 : 0,
    ),
  ];
}
