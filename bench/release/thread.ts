import { parentPort } from 'node:worker_threads';
import { runSetting } from './run-setting.ts';
import type { Repeats } from './run-setting.ts';

/** A thread of the bench: answers the number of a setting with its cells. */
parentPort?.on('message', ({ index, repeats }: { index: number; repeats: Repeats }) => {
  parentPort?.postMessage(runSetting(index, repeats), []);
});
