import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BacktestQuestion, IncidentResult } from '../../policy/backtest/run-backtest.ts';

export interface Task {
  readonly question: BacktestQuestion;
  readonly place: number;
}

/** Plays all incidents, `count` of them, on all cores. Results come in the order of the incidents, whoever played them. */
export async function playIncidents(question: BacktestQuestion, count: number): Promise<IncidentResult[]> {
  const results: IncidentResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const thread = startThread();
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

/** Threads know nothing of the loader that lets this process read TypeScript: there they get it first. */
function startThread(): Worker {
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./thread.js', import.meta.url));
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = JSON.stringify(new URL('./thread.ts', import.meta.url).href);
  return new Worker(`import(${loader}).then(({ register }) => (register(), import(${script})))`, { eval: true });
}
