import { binary } from '../support/classes.ts';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { liveBytes } from '../../ports/prediction-log/memory-budget.ts';
import type { LiveWindow } from '../../ports/prediction-log/port.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { feedback, inputsOf, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { storeOf } = useReleaseLogs();
const window: LiveWindow = {
  model: 'tiny',
  from: since,
  to: since + 1_000,
  columns: ['age', 'sector'],
  labelSpace: binary,
};
const request = (id: string, sector: string, at = since + 1): LogEntry =>
  prediction(id, { at, inputs: inputsOf({ age: 3, sector }) });

describe("the memory of a monitor's window", () => {
  it('is refused in advance where it would pass its budget, and not at the budget itself', async () => {
    const store = await storeOf([
      [request('a', 'xyz'), request('b', 'xyz'), request('c', 'é'), request('later', 'x', since + 2_000)],
      [feedback('a', 0), prediction('failed', { error: 'broken', label: null })],
    ]);
    const memoryBytes = liveBytes({ rows: 3, columns: 2, texts: 2, characters: 4 });
    const { inputs } = await createPredictionLog({ store, memoryBytes }).live(window);
    expect(inputs.rowCount).toBe(3);
    await expect(createPredictionLog({ store, memoryBytes: memoryBytes - 1 }).live(window)).rejects.toMatchObject({
      name: 'MemoryBudgetError',
      message: expect.stringMatching(
        /"tiny" has 3 answered requests with 2 columns, .*: shorten monitor\.window/,
      ) as string,
    });
  });

  it('is bounded where each text is another one, before any of them is read', async () => {
    const [rows, length] = [600, 2 ** 15];
    const entries = Array.from({ length: rows }, (_, i) => request(`r${i}`, `${i}${'x'.repeat(length)}`));
    const store = await storeOf([entries]);
    const memoryBytes = 2 ** 20;
    const before = process.memoryUsage();
    await expect(createPredictionLog({ store, memoryBytes }).live(window)).rejects.toThrow(
      /take 38 MiB to analyse where 1 MiB/,
    );
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed).toBeLessThan(2 ** 23);
  });
});
