import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { createTrainer } from '../../ports/trainer/auto.ts';
import { simplestOf } from '../../ports/trainer/simplest-of.ts';
import { createProcessTrainer, TrainingProcessError } from '../../ports/trainer/process.ts';
import {
  expectSameBytes,
  graphs,
  jobOf,
  linear,
  networks,
  recorder,
  several,
  trainerSuite,
  trees,
} from '../contracts/trainer.suite.ts';
import { trainersHere } from './trainer-here.ts';
import { withGraphs } from '../training/people-graph.ts';
import { features, frameOf, graphOf, linearOf, settingsOf, treesOf } from '../training/support.ts';

const execArgs = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
const inference = createOnnxInference();
const trainer = createTrainer(createProcessTrainer({ execArgs }), inference);
const trainerHere = trainersHere(inference);

const processesOf = async (): Promise<string[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('trainer/trainer-process') && line.includes(` ${process.pid} `));
};

const isIdle = async (): Promise<boolean> => (await processesOf()).length === 0;
trainerSuite('networks in a process of their own', trainer, networks, isIdle);
trainerSuite('graphs from elsewhere in this process', withGraphs(trainerHere), graphs);
trainerSuite('linear models in this process', trainerHere, linear);
trainerSuite('trees in this process', trainerHere, trees);
// Checkpoints hold the time that was used: a stopped clock makes equal ones.
trainerSuite(
  'several in this process',
  trainersHere(inference, () => 0),
  several,
);

describe('a network that resumes from any of its epochs ends with the bytes of one that never stopped', () => {
  test.each([
    ['dropout', settingsOf({ dropout: 0.3 })],
    [
      'batch normalization of residual layers',
      settingsOf({ hidden: [8, 8, 4], normalization: 'batch', residual: true }),
    ],
    [
      'a schedule, clipping and smoothing',
      settingsOf({ schedule: 'cosine', warmup: 0.2, clip: 0.5, labelSmoothing: 0.1 }),
    ],
    [
      'all of it, by three networks that end by themselves',
      settingsOf({
        hidden: [8, 4],
        normalization: 'batch',
        residual: true,
        dropout: 0.2,
        schedule: 'cosine',
        warmup: 0.1,
        clip: 1,
        labelSmoothing: 0.05,
        classWeights: 'balanced',
        seeds: 3,
        learningRate: 0.2,
        patience: 1,
        epochs: 12,
      }),
    ],
  ] as const)('with %s', (_, settings) =>
    expectSameBytes(trainerHere, jobOf({ settings }), (count) => Array.from({ length: count }, (_, at) => at)),
  );
});

describe('the training process', () => {
  test.each([
    ['networks', settingsOf({ epochs: 2 })],
    ['linear models', linearOf({ splines: 2 })],
    ['trees', treesOf({ trees: 5 })],
    ['graphs from elsewhere', graphOf({ epochs: 2 })],
    ['several', { kind: 'auto', minutes: 10 }],
  ] as const)('gives the bytes that a training in this process gives, of %s', async (_, settings) => {
    const job = jobOf({ settings });
    const [there, here] = [
      await withGraphs(trainer).train(job, recorder().hooks),
      await withGraphs(trainerHere).train(job, recorder().hooks),
    ];
    expect(there).toEqual(here);
  });

  test('whose process is killed says so, and a retry ends as if nothing had happened', async () => {
    const job = jobOf({ settings: settingsOf({ epochs: 5 }) });
    const whole = await trainer.train(job, recorder().hooks);
    let last: Uint8Array | null = null;
    const failure = trainer.train(job, {
      signal: new AbortController().signal,
      async onEpoch({ epoch }, checkpoint) {
        if (epoch < 3) last = checkpoint;
        else for (const line of await processesOf()) process.kill(Number(line.trim().split(/\s+/)[0]), 'SIGKILL');
        if (epoch === 3) await setTimeout(5000);
      },
    });
    await expect(failure).rejects.toThrow(TrainingProcessError);
    await expect(failure).rejects.toMatchObject({ exitSignal: 'SIGKILL' });
    const resumed = await trainer.train({ ...job, resume: last }, recorder().hooks);
    expect(resumed.model).toEqual(whole.model);
  });

  test('whose parent dies ends its process too', async () => {
    const script = new URL('../fixtures/training/endless.ts', import.meta.url);
    const parent = spawn(process.execPath, [...execArgs, script.pathname, ...execArgs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const child = Number(line);
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(child)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('trainer auto', () => {
  const job = jobOf({ settings: { kind: 'auto', minutes: 10 } });

  test('says how the validation losses compare, and keeps the settings of the one it chose', async () => {
    const { tried, settings, model } = await trainerHere.train(job, recorder().hooks);
    expect(tried!.map(({ name }) => name)).toEqual(['linear', 'gbdt', 'network']);
    const judged = tried!.flatMap((one) => ('loss' in one ? [one] : []));
    expect(judged).toHaveLength(3);
    const chosen = judged.findIndex((one) => one.chosen);
    const least = Math.min(...judged.map(({ loss }) => loss));
    for (const { loss, difference } of judged) expect(difference).toBeCloseTo(loss - least, 12);
    expect(judged[chosen]!.difference).toBeLessThanOrEqual(judged[chosen]!.error);
    for (const { difference, error } of judged.slice(0, chosen)) expect(difference).toBeGreaterThan(error);
    const alone = await trainerHere.train({ ...job, settings }, recorder().hooks);
    expect(alone.model).toEqual(model);
  });

  test('tries no more when its minutes are over, and says what it left out', async () => {
    let now = 0;
    const late = trainersHere(inference, () => (now += 8 * 60_000));
    const { tried, settings } = await late.train(job, recorder().hooks);
    expect(tried).toEqual([
      expect.objectContaining({ name: 'linear', chosen: true }),
      { name: 'gbdt', late: true },
      { name: 'network', late: true },
    ]);
    expect(settings).toMatchObject({ kind: 'linear', splines: 0 });
  });

  test('goes on with the minutes that attempts before it left, and does not count the break between them', async () => {
    let now = 0;
    const clocked = trainersHere(inference, () => now);
    const cut = async (usedMs: number): Promise<Uint8Array> => {
      let last: Uint8Array | null = null;
      const first = clocked.train(job, {
        signal: new AbortController().signal,
        async onEpoch({ epoch }, checkpoint) {
          now += epoch === 1 ? usedMs : 0;
          last = checkpoint;
          if (epoch === 2) throw new Error('killed');
        },
      });
      await expect(first).rejects.toThrow('killed');
      now += 3_600_000;
      return last!;
    };
    const namesOf = async (resume: Uint8Array): Promise<string[]> =>
      (await clocked.train({ ...job, resume }, recorder().hooks)).tried!.flatMap((one) =>
        'loss' in one ? one.name : [],
      );
    expect(await namesOf(await cut(9 * 60_000))).toEqual(['linear', 'gbdt', 'network']);
    expect(await namesOf(await cut(11 * 60_000))).toEqual(['linear']);
  });

  test('leaves out a candidate without a finite validation loss, and says why', async () => {
    const x = (rows: number): number[] => Array.from({ length: rows }, (_, row) => (row % 100) / 10_000);
    const labels = (rows: number): Float64Array => Float64Array.from(x(rows), (value) => Number(value > 0.005));
    const far = {
      ...job,
      features: features.slice(0, 1),
      train: frameOf({ age: x(800) }),
      trainLabels: labels(800),
      validation: frameOf({ age: [...x(199), 3e38] }),
      validationLabels: labels(200),
    };
    const { tried, settings } = await trainerHere.train(far, recorder().hooks);
    const reason = expect.stringMatching(/^epoch 1 has .* validation loss NaN, .*: correct extreme values/);
    expect(tried).toEqual([
      expect.objectContaining({ name: 'linear', chosen: false }),
      expect.objectContaining({ name: 'gbdt', chosen: true }),
      { name: 'network', unusable: reason },
    ]);
    expect(settings.kind).toBe('gbdt');
    const alone = trainerHere.train({ ...far, settings: settingsOf() }, recorder().hooks);
    await expect(alone).rejects.toMatchObject({ type: 'InvalidDataError', message: reason });
  });

  test('refuses rows that leave no candidate, and says why of each', () => {
    const unusable = (name: string) => ({ name, unusable: 'the loss of 1 validation rows is not a finite number' });
    expect(() => simplestOf([unusable('linear'), { name: 'gbdt', late: true }])).toThrow(
      expect.objectContaining({
        type: 'InvalidDataError',
        message: expect.stringMatching(/no candidate.*linear: the loss of 1 .* gbdt: the minutes were over/),
      }),
    );
  });
});
