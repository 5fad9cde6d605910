import { ndcgOf } from '../../ml/tasks/ranking/ndcg.ts';
import { rankLive } from '../../ml/tasks/ranking/live-queries.ts';
import { queriesOf } from '../../ml/tasks/ranking/queries.ts';
import type { LiveWindowData } from './port.ts';

/** Rows of requests. */
export interface RankedRows {
  readonly requests: Int32Array;
  readonly keys: Int32Array;
  readonly scores: Float64Array;
  /** Not a number where no label came. */
  readonly grades: Float64Array;
}

/** How well each request was ranked, by the labels of its rows: one without a label is not relevant, where another one has one. */
export function rankRequests({
  requests: query,
  keys,
  scores,
  grades,
}: RankedRows): Pick<LiveWindowData, 'labelledKeys' | 'right' | 'distances' | 'ranked' | 'unlabelledKeys'> {
  const judged = rankLive({ query, grades, scores });
  const queries = queriesOf({ query });
  const unlabelled = queries.filter((rows) => rows.every((row) => Number.isNaN(grades[row])));
  const keysOf = (of: readonly (readonly number[])[]): Int32Array =>
    Int32Array.from(of, ([first = 0]) => keys[first] ?? 0);
  return {
    labelledKeys: keysOf(judged.map(({ rows }) => rows)),
    right: new Uint8Array(),
    distances: new Float64Array(),
    ranked: {
      ndcg: Float64Array.from(judged, (request) => ndcgOf(request, Infinity)),
      ordered: judged.filter(({ rows }) => rows.length > 1).length,
      irrelevant: queries.length - judged.length - unlabelled.length,
    },
    unlabelledKeys: keysOf(unlabelled),
  };
}
