import { parentPort } from 'node:worker_threads';
import { runIncident } from '../../policy/release/backtest/run-backtest.ts';
import type { Task } from './pool.ts';

/** A thread of a backtest: answers the number of an incident with what became of its releases. */
parentPort?.on('message', ({ question, place }: Task) => {
  parentPort?.postMessage(runIncident(question, place), []);
});
