import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { startThread } from '../../ports/start-thread.ts';
import type { Cell, Repeats } from './run-setting.ts';
import { settingCount, settingWork } from './run-setting.ts';

/** All settings on all cores, the longest first. The cells come in the order of the settings, whoever ran them. */
export async function runSettings(repeats: Repeats, done: (finished: number) => void): Promise<Cell[]> {
  const waiting = Array.from({ length: settingCount }, (_, index) => index).toSorted(
    (a, b) => settingWork(b) - settingWork(a),
  );
  const found: Cell[][] = [];
  let finished = 0;
  const work = async (): Promise<void> => {
    const thread = startThread('bench/release/thread');
    try {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        const answer = once(thread, 'message');
        thread.postMessage({ index, repeats }, []);
        const [cells] = (await answer) as [Cell[]];
        found[index] = cells;
        finished += 1;
        done(finished);
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return found.flat();
}
