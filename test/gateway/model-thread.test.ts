import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { trialRows } from '../../gateway/engine/sample-feeds.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { echoModel, people, tinyModel } from './models.ts';

/** All threads that were started, so that a test can end one. */
const threads = vi.hoisted((): Worker[] => []);
vi.mock(import('../../ports/start-thread.ts'), async (importOriginal) => {
  const { startThread } = await importOriginal();
  return {
    startThread: (...asked) => {
      const thread = startThread(...asked);
      threads.push(thread);
      return thread;
    },
  };
});

const engine = createOnnxInference();
const loaded: LoadedModel[] = [];
const keep = (model: LoadedModel): LoadedModel => {
  loaded.push(model);
  return model;
};
afterEach(async () => {
  for (const model of loaded.splice(0)) await model.release();
});

describe('a model in a thread of its own', () => {
  let folder: string;
  const fileOf = async (bytes: Uint8Array): Promise<string> => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    return path;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-engine-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('answers as it would in this one, and leaves the inputs to their owner', async () => {
    const bytes = tinyModel(0.5);
    const here = keep(await engine.load(bytes));
    const there = keep(await engine.loadIsolated(await fileOf(bytes)));
    expect(there.signature).toEqual(here.signature);
    const feeds = people([
      [10, 'a'],
      [-20, 'b'],
    ]);
    expect(await there.run(feeds)).toEqual(await here.run(feeds));
    expect(feeds.age!.data).toHaveLength(2);
    await expect(there.run({})).rejects.toThrow();
    expect(await there.run(feeds)).toEqual(await here.run(feeds));
  });

  it('refuses bytes that are no model', async () => {
    await expect(engine.loadIsolated(await fileOf(Buffer.from('no model')))).rejects.toThrow(
      'ONNX Runtime cannot load the model',
    );
  });

  it('is let go only when it has answered what it was asked, and answers nothing afterwards', async () => {
    const path = await fileOf(tinyModel(0));
    for (let round = 0; round < 5; round++) {
      const there = await engine.loadIsolated(path);
      const asked = Array.from({ length: 20 }, () => there.run(people([[1, 'a']])));
      await there.release();
      for (const outputs of await Promise.all(asked)) expect(outputs.label!.shape).toEqual([1]);
      await expect(there.run(people([[1, 'a']]))).rejects.toThrow('the thread of the model ended');
    }
  });

  it('that dies fails what it was asked, and the next question starts it again', async () => {
    const there = keep(await engine.loadIsolated(await fileOf(tinyModel(0))));
    const before = await there.run(people([[1, 'a']]));
    for (let round = 0; round < 2; round++) {
      await threads.at(-1)!.terminate();
      const answers = await Promise.all(Array.from({ length: 3 }, () => there.run(people([[1, 'a']]))));
      for (const outputs of answers) expect(outputs).toEqual(before);
    }
    const path = await fileOf(Buffer.from('no model any more'));
    await threads.at(-1)!.terminate();
    await expect(there.run(people([[1, 'a']]))).rejects.toThrow('ONNX Runtime cannot load the model');
    await writeFile(path, tinyModel(0));
    expect(await there.run(people([[1, 'a']]))).toEqual(before);
  });

  it('hands every type of tensor over and back', async () => {
    const bytes = echoModel();
    const here = keep(await engine.load(bytes));
    const there = keep(await engine.loadIsolated(await fileOf(bytes)));
    for (const feeds of trialRows(here.signature)) expect(await there.run(feeds)).toEqual(await here.run(feeds));
  });
});
