import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { trialRows } from '../../gateway/models/sample-feeds.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { LoadedModel, ModelLimits } from '../../ports/inference/port.ts';
import { patience } from '../support/patience.ts';
import { until } from './harness.ts';
import { echoModel, endlessModel, hungryModel, people, poison, tinyModel, wordyModel } from './models.ts';

const engine = createOnnxInference();
const limits: ModelLimits = {
  loadMs: 60_000,
  passMs: 30_000,
  memoryBytes: 2 ** 30,
  answer: { bytes: 2 ** 20, texts: 1_000 },
};
const loaded: LoadedModel[] = [];
afterEach(async () => {
  for (const model of loaded.splice(0)) await model.release();
});

const bad = people([[2 * poison, 'a']]);
const good = people([[1, 'a']]);

/** Processes of models that this one started. */
const processes = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('inference/onnx-process'))
    .map((line) => Number.parseInt(line, 10));

/** A process that ended exists until its parent has taken note. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a model in a process of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-engine-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  async function confined(bytes: Uint8Array, more: Partial<ModelLimits> = {}): Promise<LoadedModel> {
    const path = join(folder, 'model.onnx');
    await writeFile(path, bytes);
    const model = await engine.loadConfined(path, { ...limits, ...more });
    loaded.push(model);
    return model;
  }

  it('answers every type of tensor as it would in this one, and is gone when it is let go', async () => {
    const bytes = echoModel();
    const here = await engine.load(bytes);
    loaded.push(here);
    const there = await confined(bytes);
    expect(there.signature).toEqual(here.signature);
    for (const feeds of trialRows(here.signature)) expect(await there.run(feeds)).toEqual(await here.run(feeds));
    await expect(there.run({})).rejects.toThrow();
    const many = await Promise.all(Array.from({ length: 20 }, () => there.run(trialRows(here.signature)[0]!)));
    expect(many).toHaveLength(20);
    expect(processes()).toHaveLength(1);
    await loaded.pop()!.release();
    expect(processes()).toHaveLength(0);
    await expect(there.run({})).rejects.toThrow('ended');
  });

  it('is refused where it is not a model', async () => {
    await expect(confined(Buffer.from('no model'))).rejects.toThrow('ONNX Runtime cannot load the model');
    await until('nothing is left of it', () => processes().length === 0);
  });

  it('is ended in a pass that takes too long, and fails from then on', async () => {
    const model = await confined(endlessModel(), { passMs: 1_000 });
    expect((await model.run(good)).label!.shape).toEqual([1]);
    await expect(model.run(bad)).rejects.toThrow('took longer than 1000 ms to answer: it was ended');
    await expect(model.run(good)).rejects.toMatchObject({ type: 'InvalidModelError' });
    await until('nothing is left of it', () => processes().length === 0);
  });

  it('is ended in the middle of a pass when its signal says so, with the reason, within a second', async () => {
    const path = join(folder, 'endless.onnx');
    await writeFile(path, endlessModel());
    const stop = new AbortController();
    const model = await engine.loadConfined(path, limits, stop.signal);
    const endless = expect(model.run(bad)).rejects.toThrow('stopped by a test');
    await delay(200);
    const since = performance.now();
    stop.abort(new Error('stopped by a test'));
    await endless;
    expect(performance.now() - since).toBeLessThan(patience(1_000));
    await expect(model.run(good)).rejects.toThrow('stopped by a test');
    await until('nothing is left of it', () => processes().length === 0);
  });

  it('is ended where it takes too much memory', async () => {
    const model = await confined(hungryModel(), { memoryBytes: 2 ** 29 });
    expect((await model.run(good)).label!.shape).toEqual([1]);
    await expect(model.run(bad)).rejects.toThrow(/bytes of memory to answer, and 536870912 are allowed/);
    await expect(model.run(good)).rejects.toThrow('are allowed');
  });

  it('that answers with more than is taken fails that question alone', async () => {
    const model = await confined(wordyModel(2 ** 20));
    expect((await model.run(good)).extra!.shape).toEqual([1]);
    const [pid] = processes();
    await expect(model.run(bad)).rejects.toThrow(/answers with 4194\d{3} bytes, and 1048576 are allowed/);
    expect((await model.run(good)).extra!.shape).toEqual([1]);
    expect(processes()).toEqual([pid]);
    const short = await confined(echoModel(), { answer: { bytes: 2 ** 20, texts: 1 } });
    await expect(short.run(trialRows(short.signature)[0]!)).rejects.toThrow('answers with 2 texts, and 1 are allowed');
  });

  it('is refused where its names are too long to be passed on', async () => {
    const graph = new GraphBuilder('named');
    const x = graph.input('x'.repeat(1_100_000), 'float32', ['batch', 1]);
    graph.output(graph.node('Neg', [x], {}, { output: 'y' }), 'float32', ['batch', 1]);
    await expect(confined(encodeModel(graph.model()))).rejects.toThrow(
      /the model has 2 inputs and outputs with 11\d+ char/,
    );
  });

  it('is ended where it does not load in time', async () => {
    await expect(confined(tinyModel(0), { loadMs: 1 })).rejects.toThrow('took longer than 1 ms to load');
    await until('nothing is left of it', () => processes().length === 0);
  });

  it('that dies otherwise fails its question, and the next one starts it again, three times', async () => {
    const model = await confined(tinyModel(0));
    for (let round = 0; round < 3; round++) {
      expect((await model.run(good)).label!.shape).toEqual([1]);
      const [pid] = processes();
      process.kill(pid!, 'SIGKILL');
      await until('it is gone, and its parent knows', () => !exists(pid!));
      if (round < 2) expect((await model.run(good)).label!.shape).toEqual([1]);
    }
    const long = await confined(endlessModel());
    for (let death = 1; death <= 3; death++) {
      let said: unknown = null;
      const asked = long.run(bad).catch((error: unknown) => (said = String(error)));
      // One that was not asked yet when it was killed is followed by another, which is killed too.
      await until('it failed', () => {
        for (const pid of processes()) process.kill(pid, 'SIGKILL');
        return said !== null;
      });
      expect(await asked).toMatch(death < 3 ? /was killed by SIGKILL/ : /died 3 times/);
    }
    await expect(long.run(good)).rejects.toThrow('died 3 times');
  });
});
