import { meanBootstrap } from '../../statistics/mean-bootstrap.ts';
import { regression } from '../regression/task.ts';
import type { Task } from '../task.ts';
import { auditExposure } from './audit.ts';
import { rankingBoosting } from './boosting.ts';
import { sameFirstRows } from './first-rows.ts';
import { rankingMetrics } from './metrics.ts';
import { learnedQueryLosses, lossesOfRows, queryLosses } from './query-losses.ts';

/** The order of the rows of a query. A model gives each row a score: trees learn the order, other models of ours the grade, row by row. */
export const ranking: Task = {
  ...regression,
  name: 'ranking',
  metrics: rankingMetrics,
  importance: 'ndcg',
  sliceMetrics: ['ndcg', 'mrr'],
  accuracy: 'mean NDCG of a query',
  capOf: () => 1,
  losses: lossesOfRows,
  gain: (outcomes, { candidate, reference }, options) => {
    const ours = queryLosses(outcomes, candidate);
    const gains = queryLosses(outcomes, reference).map((loss, query) => loss - ours[query]!);
    return gains.length === 0 ? { estimate: 0, lower: -1, upper: 1 } : meanBootstrap(gains, options);
  },
  agreement: sameFirstRows,
  audit: auditExposure,
  learnedLosses: learnedQueryLosses,
  boosting: rankingBoosting,
};
