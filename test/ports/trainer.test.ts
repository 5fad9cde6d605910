import { columnSchema } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { binary } from '../support/classes.ts';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { TrainingHooks, TrainingJob } from '../../ports/trainer/port.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import { createOnnxTrainer, TrainingProcessError } from '../../ports/trainer/onnx.ts';
import { features, people, rightlyOrdered, settingsOf } from '../training/support.ts';

const execArgs = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
const trainer = createOnnxTrainer({ execArgs });
const train = people(1500, 1);
const validation = people(400, 2);

const jobOf = (over: Partial<TrainingJob> = {}): TrainingJob => ({
  settings: settingsOf(),
  seed: 7,
  features,
  train: train.frame,
  validation: validation.frame,
  trainLabels: train.labels,
  validationLabels: validation.labels,
  classes: [0, 1],
  threshold: 0.5,
  resume: null,
  ...over,
});

function recorder(signal = new AbortController().signal) {
  const checkpoints: Uint8Array[] = [];
  const hooks: TrainingHooks = {
    signal,
    async onEpoch(_, checkpoint) {
      checkpoints.push(checkpoint);
    },
  };
  return { hooks, checkpoints };
}

const processesOf = async (): Promise<string[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('trainer/onnx-process') && line.includes(` ${process.pid} `));
};

describe('the ONNX trainer', () => {
  test.each(['mlp', 'logistic'] as const)('learns what there is to learn, as %s', async (network) => {
    const outcome = await trainer.train(jobOf({ settings: settingsOf({ network }) }), recorder().hooks);
    const loaded = await createOnnxInference().load(outcome.model);
    const { frame, labels } = people(600, 3);
    const { probability, positive } = await loaded.predict(frame, binary);
    await loaded.release();
    expect(rightlyOrdered(probability, labels)).toBeGreaterThan(0.85);
    expect(positive.filter((label, row) => label === labels[row]).length / 600).toBeGreaterThan(0.75);
    // 2 numbers, 4 slots of colour and 13 of town make 19 inputs.
    expect(outcome).toMatchObject({ provider: 'cpu', parameters: network === 'mlp' ? 169 : 20 });
    expect(outcome.environment['onnxruntime-node']).toMatch(/^1\./);
    const best = Math.min(...outcome.curve.map(({ validationLoss }) => validationLoss));
    expect(outcome.curve[outcome.bestEpoch - 1]!.validationLoss).toBe(best);
  });

  test('gives the same bytes for the same seed, and others for another', async () => {
    const job = jobOf({ settings: settingsOf({ epochs: 2, encoding: { embed: 4 } }) });
    const [first, second, other] = await Promise.all([
      trainer.train(job, recorder().hooks),
      trainer.train(job, recorder().hooks),
      trainer.train({ ...job, seed: 8 }, recorder().hooks),
    ]);
    expect(second.model).toEqual(first.model);
    expect(other.model).not.toEqual(first.model);
  });

  test('that resumes from any epoch ends with the bytes of one that never stopped', async () => {
    const job = jobOf({ settings: settingsOf({ weightDecay: 0.01, learningRate: 0.05, patience: 2, epochs: 8 }) });
    const { hooks, checkpoints } = recorder();
    const whole = await trainer.train(job, hooks);
    for (const resume of [checkpoints[0]!, checkpoints.at(-2)!, checkpoints.at(-1)!]) {
      const rest = recorder();
      const resumed = await trainer.train({ ...job, resume }, rest.hooks);
      expect(resumed.model).toEqual(whole.model);
      expect(resumed.curve).toEqual(whole.curve);
      expect(rest.checkpoints).toEqual(checkpoints.slice(checkpoints.indexOf(resume) + 1));
    }
  });

  test('stops after so many epochs without a better validation loss', async () => {
    const settings = settingsOf({ learningRate: 1, epochs: 40, patience: 2 });
    const { curve, bestEpoch } = await trainer.train(jobOf({ settings }), recorder().hooks);
    expect(curve.length).toBe(bestEpoch + 2);
    expect(curve.length).toBeLessThan(40);
  });

  test('refuses the checkpoint of another job', async () => {
    const { hooks, checkpoints } = recorder();
    await trainer.train(jobOf({ settings: settingsOf({ epochs: 1 }) }), hooks);
    const failure = trainer.train(jobOf({ seed: 8, resume: checkpoints[0]! }), recorder().hooks);
    await expect(failure).rejects.toMatchObject({ type: 'CorruptArtifactError' });
  });

  test('refuses rows of one label only', async () => {
    const failure = trainer.train(jobOf({ trainLabels: new Uint8Array(1500) }), recorder().hooks);
    await expect(failure).rejects.toMatchObject({ type: 'InvalidDataError' });
  });

  test('that is aborted throws the reason and leaves no process behind', async () => {
    const controller = new AbortController();
    const hooks: TrainingHooks = {
      signal: controller.signal,
      async onEpoch({ epoch }) {
        if (epoch === 2) controller.abort(new Error('cancelled by a test'));
      },
    };
    const failure = trainer.train(jobOf({ settings: settingsOf({ epochs: 5000, patience: 5000 }) }), hooks);
    await expect(failure).rejects.toThrow('cancelled by a test');
    await expect.poll(processesOf).toEqual([]);
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

  test('passes on an error of the hook, and ends the process', async () => {
    const hooks: TrainingHooks = {
      signal: new AbortController().signal,
      onEpoch: () => Promise.reject(new Error('the heartbeat failed')),
    };
    await expect(trainer.train(jobOf(), hooks)).rejects.toThrow('the heartbeat failed');
    await expect.poll(processesOf).toEqual([]);
  });

  test('encodes 2,000 columns in turns with other work, and is stopped between two of them', async () => {
    const wide = Array.from({ length: 2_000 }, (_, i) => `x${i}`);
    const column = columnSchema.parse({ type: 'number', kind: 'numeric' });
    let read = 0;
    const stop = new AbortController();
    /** Counts the columns that were read, and asks to stop at the 100th. */
    const frame: Frame = {
      rowCount: train.frame.rowCount,
      columns: Object.fromEntries(
        wide.map((name) => [
          name,
          {
            type: 'number',
            get values() {
              read += 1;
              if (read === 100) queueMicrotask(() => stop.abort(new Error('asked to stop')));
              // So slow that a slice holds a dozen of them.
              const until = performance.now() + (read > 100 ? 5 : 0);
              while (performance.now() < until);
              return new Float64Array(train.frame.rowCount);
            },
          },
        ]),
      ),
    };
    const job = jobOf({ features: wide.map((name) => ({ name, column })), train: frame });
    await expect(trainer.train(job, recorder(stop.signal).hooks)).rejects.toThrow('asked to stop');
    expect(read).toBeLessThan(130);
    expect(await processesOf()).toEqual([]);
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

test('says where it would train: on the CPU where no other provider was seen to compute', async () => {
  expect(['cpu', 'cuda']).toContain(await trainer.provider());
});
