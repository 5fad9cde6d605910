import { columnsToRead } from '../../policy/release/observe/columns-to-read.ts';
import { CompactCache } from './column-cache.ts';
import { measureTraffic } from './measure/measure-traffic.ts';
import type { LogQueries } from './queries-port.ts';
import { queryLog, type LogPlace } from './query/query.ts';
import { SegmentIndex } from './segment-index.ts';

/** Asks the log by DuckDB, each time in a database of its own. */
export const createLogQueries = (place: LogPlace): LogQueries => ({
  query: (scope, sql, parameters, take) => queryLog({ ...place, ...scope }, sql, parameters, take),
  measureTraffic: (window) => measureTraffic({ ...place, ...window }),
  async columns(window) {
    const stored = await new SegmentIndex(place.store, Infinity).since(window.model, window.since);
    return new CompactCache(place.store, Infinity).read(stored, columnsToRead(window));
  },
});
