import type { Corrections } from '../../contracts/serving/corrections.ts';
import type { PredictionLog } from './port.ts';
import type { LogQueries } from './queries-port.ts';
import { createLogQueries } from './queries.ts';
import type { LogPlace } from './query/query.ts';
import { createPredictionLog } from './store.ts';

export interface LogOptions extends LogPlace {
  /** Which of several labels of a request counts. @default first */
  readonly corrections?: Corrections;
}

/** The prediction log in a store, for those who judge and for those who ask. */
export function openLog({ corrections, ...place }: LogOptions): {
  readonly predictionLog: PredictionLog;
  readonly logQueries: LogQueries;
} {
  const { store, toleranceMs } = place;
  return {
    predictionLog: createPredictionLog({ store, corrections, toleranceMs }),
    logQueries: createLogQueries(place),
  };
}
