import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { BacktestQuestion, IncidentResult } from '../../policy/release/backtest/run-backtest.ts';
import { startThread } from '../../ports/start-thread.ts';

export interface Task {
  readonly question: BacktestQuestion;
  readonly place: number;
}

/** Plays all incidents, `count` of them, on all cores. Results come in the order of the incidents, whoever played them. */
export async function playIncidents(question: BacktestQuestion, count: number): Promise<IncidentResult[]> {
  const results: IncidentResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const thread = startThread('cli/backtest/thread');
    try {
      while (next < count) {
        const place = next++;
        const answer = once(thread, 'message');
        thread.postMessage({ question, place } satisfies Task, []);
        const [result] = (await answer) as [IncidentResult];
        results[place] = result;
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, work));
  return results;
}
