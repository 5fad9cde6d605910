import { describe, expect, test } from 'vitest';
import { columnSchema } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { TrainerSettings } from '../../contracts/model/trainer.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { EpochReport, Trainer, TrainingHooks, TrainingJob } from '../../ports/trainer/port.ts';
import { binary } from '../support/classes.ts';
import { patience } from '../support/patience.ts';
import { graphWeights } from '../training/people-graph.ts';
import { features, graphOf, linearOf, people, rightlyOrdered, settingsOf, treesOf } from '../training/support.ts';

const train = people(1500, 1);
const validation = people(400, 2);

/** A job of some seconds, of people whose label can be learnt. */
export const jobOf = (over: Partial<TrainingJob> = {}): TrainingJob => ({
  settings: settingsOf(),
  seed: 7,
  features,
  train: train.frame,
  validation: validation.frame,
  trainLabels: Float64Array.from(train.labels),
  validationLabels: Float64Array.from(validation.labels),
  trainWeights: null,
  validationWeights: null,
  trainQueries: null,
  validationQueries: null,
  labelSpace: binary,
  threshold: 0.5,
  resume: null,
  ...over,
});

/** Hooks that keep what they are told. */
export function recorder(signal = new AbortController().signal) {
  const checkpoints: Uint8Array[] = [];
  const reports: EpochReport[] = [];
  const hooks: TrainingHooks = {
    signal,
    async onEpoch(report, checkpoint) {
      reports.push(report);
      if (checkpoint !== null) checkpoints.push(checkpoint);
    },
  };
  return { hooks, checkpoints, reports };
}

/** Settings of a kind of trainer, for what the suite asks of it. */
export interface KindUnderTest {
  /** With the parameters of a model of `people`, where they are known. */
  readonly forms: readonly (readonly [name: string, settings: TrainerSettings, parameters: number | null])[];
  readonly usual: TrainerSettings;
  /** Of a moment. */
  readonly short: TrainerSettings;
  /** Gives other bytes for another seed; null where a seed moves nothing. */
  readonly random: TrainerSettings | null;
  /** Writes three checkpoints or more. */
  readonly long: TrainerSettings;
  /** Soon get no better, with a patience of 2; none where there is no such setting. */
  readonly hasty: readonly TrainerSettings[];
  /** Does not end before it is told to. */
  readonly endless: TrainerSettings;
}

export const networks: KindUnderTest = {
  // 2 numbers, a mark of missing ages, 4 slots of colour and 13 of town make 20 inputs.
  forms: [
    ['a network', settingsOf(), 177],
    // Beside 20 x 8 + 8, 8 x 4 + 4 and 4 + 1: 12 scales, and 8 x 4 for what is added to the second layer.
    ['a normalized residual network', settingsOf({ hidden: [8, 4], normalization: 'batch', residual: true }), 253],
    ['the mean of three networks', settingsOf({ seeds: 3, normalization: 'layer', classWeights: 'balanced' }), 555],
  ],
  usual: settingsOf(),
  short: settingsOf({ epochs: 2 }),
  random: settingsOf({ epochs: 2, encoding: { embed: 4 } }),
  long: settingsOf({ weightDecay: 0.01, learningRate: 0.05, patience: 2, epochs: 8 }),
  hasty: [settingsOf({ learningRate: 1, epochs: 40, patience: 2 })],
  endless: settingsOf({ epochs: 5000, patience: 5000 }),
};

export const linear: KindUnderTest = {
  forms: [
    ['straight lines', linearOf(), 21],
    ['curves', linearOf({ splines: 4 }), 29],
  ],
  usual: linearOf(),
  short: linearOf({ iterations: 2 }),
  random: null,
  long: linearOf({ l2: 0.1 }),
  hasty: [],
  endless: linearOf({ l2: 0.1, splines: 3 }),
};

export const trees: KindUnderTest = {
  forms: [['trees', treesOf(), null]],
  usual: treesOf(),
  short: treesOf({ trees: 3 }),
  random: treesOf({ trees: 5, rowShare: 0.7, columnShare: 0.5 }),
  long: treesOf({ trees: 170, learningRate: 0.02, rowShare: 0.8, patience: 170 }),
  hasty: [treesOf({ learningRate: 1, leaves: 64, minRows: 1, patience: 2 })],
  endless: treesOf({ trees: 50_000, learningRate: 0.0001, patience: 50_000 }),
};

export const graphs: KindUnderTest = {
  forms: [['a network from elsewhere', graphOf(), graphWeights]],
  usual: graphOf(),
  short: graphOf({ epochs: 2 }),
  random: graphOf({ epochs: 2 }),
  long: graphOf({ weightDecay: 0.01, epochs: 6 }),
  hasty: [graphOf({ learningRate: 0.5, epochs: 40, patience: 2 })],
  endless: graphOf({ epochs: 5000, patience: 5000 }),
};

const auto: TrainerSettings = { kind: 'auto', minutes: 10 };
export const several: KindUnderTest = {
  forms: [['several', auto, null]],
  usual: auto,
  short: auto,
  // What it takes here is the linear model.
  random: null,
  long: auto,
  hasty: [],
  endless: auto,
};

/** What every trainer must do; `isIdle` says whether nothing of its work goes on. */
export function trainerSuite(
  name: string,
  trainer: Trainer,
  kind: KindUnderTest,
  isIdle: () => Promise<boolean> = async () => true,
): void {
  const trainingJob = (over: Partial<TrainingJob> = {}): TrainingJob => jobOf({ settings: kind.usual, ...over });
  describe(`trainer: ${name}`, () => {
    test('rows without weight teach nothing, and equal weights change nothing', async () => {
      // Every second label is turned, and its row has no weight.
      const turned = Float64Array.from(train.labels, (label, row) => (row % 2 === 0 ? label : 1 - label));
      const weights = (rows: number): Float64Array =>
        Float64Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 2 : 0));
      const learned = async (job: TrainingJob): Promise<number> => {
        const { model } = await trainer.train(job, recorder().hooks);
        const loaded = await createOnnxInference().load(model);
        const { frame, labels } = people(600, 3);
        const { scores } = await loaded.predict(frame, binary);
        await loaded.release();
        return rightlyOrdered(scores, labels);
      };
      const blind = trainingJob({ trainLabels: turned });
      expect(await learned(blind)).toBeLessThan(0.75);
      expect(await learned({ ...blind, trainWeights: weights(1500) })).toBeGreaterThan(0.85);
      const short = trainingJob({ settings: kind.short });
      const ones = { trainWeights: new Float64Array(1500).fill(1), validationWeights: new Float64Array(400).fill(1) };
      const [plain, equal] = [recorder(), recorder()];
      const { model } = await trainer.train(short, plain.hooks);
      expect((await trainer.train({ ...short, ...ones }, equal.hooks)).model).toEqual(model);
      expect(equal.reports).toEqual(plain.reports);
      const some = recorder();
      await trainer.train({ ...short, validationWeights: weights(400) }, some.hooks);
      // They may stop at another step.
      const [first, other] = [some.reports.slice(0, 2), plain.reports.slice(0, 2)];
      expect(first.map(({ trainLoss }) => trainLoss)).toEqual(other.map(({ trainLoss }) => trainLoss));
      expect(first.map(({ validationLoss }) => validationLoss)).not.toEqual(
        other.map(({ validationLoss }) => validationLoss),
      );
    });

    test('says where it would train', async () => {
      expect(['cpu', 'cuda']).toContain(await trainer.provider());
    });

    test.each(kind.forms)('learns what there is to learn, as %s', async (_, settings, parameters) => {
      const { hooks, reports } = recorder();
      const outcome = await trainer.train(trainingJob({ settings }), hooks);
      const loaded = await createOnnxInference().load(outcome.model);
      const { frame, labels } = people(600, 3);
      const { scores, answer } = await loaded.predict(frame, binary);
      await loaded.release();
      expect(rightlyOrdered(scores, labels)).toBeGreaterThan(0.85);
      expect(answer.filter((label, row) => label === labels[row]).length / 600).toBeGreaterThan(0.75);
      expect(outcome).toMatchObject({ provider: 'cpu', parameters: parameters ?? outcome.parameters });
      if (settings.kind !== 'auto') expect(outcome.settings).toEqual(settings);
      expect(outcome.parameters).toBeGreaterThan(0);
      expect(outcome.environment['onnxruntime-node']).toMatch(/^1\./);
      const best = Math.min(...outcome.curve.map(({ validationLoss }) => validationLoss));
      // A linear model is kept where its own loss is least.
      if (outcome.linear !== undefined) expect(outcome.bestEpoch).toBe(outcome.curve.length);
      else expect(outcome.curve[outcome.bestEpoch - 1]!.validationLoss).toBe(best);
      expect(reports).toEqual(expect.arrayContaining([...outcome.curve]));
      expect(outcome.curve.map(({ epoch }) => epoch)).toEqual(outcome.curve.map((_, index) => index + 1));
    });

    test('gives the same bytes for the same seed, and others for another', async () => {
      const job = trainingJob({ settings: kind.random ?? kind.usual });
      const [first, second, other] = await Promise.all([
        trainer.train(job, recorder().hooks),
        trainer.train(job, recorder().hooks),
        trainer.train({ ...job, seed: 8 }, recorder().hooks),
      ]);
      expect(second.model).toEqual(first.model);
      if (kind.random === null) expect(other.model).toEqual(first.model);
      else expect(other.model).not.toEqual(first.model);
    });

    test('that resumes from any epoch ends with the bytes of one that never stopped', () =>
      expectSameBytes(trainer, trainingJob({ settings: kind.long }), (count) => [0, count - 2, count - 1]));

    test.each(kind.hasty)('stops after so many steps without a better validation loss', async (settings) => {
      const { curve, bestEpoch } = await trainer.train(trainingJob({ settings }), recorder().hooks);
      expect(curve.length).toBe(bestEpoch + 2);
      expect(curve.length).toBeLessThan(40);
    });

    test('refuses the checkpoint of another job, of another seed or label space', async () => {
      const stop = new AbortController();
      let resume: Uint8Array | null = null;
      const settings = kind.long;
      const first = trainer.train(trainingJob({ settings }), {
        signal: stop.signal,
        async onEpoch(_, checkpoint) {
          resume ??= checkpoint;
          if (resume !== null) stop.abort(new Error('that is enough'));
        },
      });
      await expect(first).rejects.toThrow('that is enough');
      for (const other of [{ seed: 8 }, { labelSpace: { ...binary, target: 'another' } }]) {
        const failure = trainer.train(trainingJob({ settings, resume, ...other }), recorder().hooks);
        await expect(failure).rejects.toMatchObject({ type: 'CorruptArtifactError' });
      }
    });

    test('refuses rows of one label only', async () => {
      const failure = trainer.train(trainingJob({ trainLabels: new Float64Array(1500) }), recorder().hooks);
      await expect(failure).rejects.toMatchObject({ type: 'InvalidDataError' });
    });

    test('that is aborted throws the reason within a second, and goes on with nothing', async () => {
      const controller = new AbortController();
      let since = 0;
      const hooks: TrainingHooks = {
        signal: controller.signal,
        async onEpoch({ epoch }) {
          if (epoch !== 2) return;
          since = performance.now();
          controller.abort(new Error('cancelled by a test'));
        },
      };
      const failure = trainer.train(trainingJob({ settings: kind.endless }), hooks);
      await expect(failure).rejects.toThrow('cancelled by a test');
      expect(performance.now() - since).toBeLessThan(patience(1_000));
      await expect.poll(isIdle).toBe(true);
    });

    test('that was aborted before begins nothing', async () => {
      const { hooks, reports } = recorder(AbortSignal.abort(new Error('cancelled before')));
      await expect(trainer.train(trainingJob(), hooks)).rejects.toThrow('cancelled before');
      expect(reports).toEqual([]);
    });

    test('passes on an error of the hook, and goes on with nothing', async () => {
      const hooks: TrainingHooks = {
        signal: new AbortController().signal,
        onEpoch: () => Promise.reject(new Error('the heartbeat failed')),
      };
      await expect(trainer.train(trainingJob(), hooks)).rejects.toThrow('the heartbeat failed');
      await expect.poll(isIdle).toBe(true);
    });

    test('encodes 2,000 columns in turns with other work, and is stopped between two of them', async () => {
      const { job, read, stop } = wideJob(kind.usual);
      await expect(trainer.train(job, recorder(stop.signal).hooks)).rejects.toThrow('asked to stop');
      expect(read()).toBeLessThan(130);
      expect(await isIdle()).toBe(true);
    });
  });
}

/** That a training ends with the same bytes if it goes on from the checkpoints at these places. */
export async function expectSameBytes(
  trainer: Trainer,
  job: TrainingJob,
  placesOf: (count: number) => number[],
): Promise<void> {
  const { hooks, checkpoints } = recorder();
  const whole = await trainer.train(job, hooks);
  for (const place of placesOf(checkpoints.length)) {
    const rest = recorder();
    const resumed = await trainer.train({ ...job, resume: checkpoints[place]! }, rest.hooks);
    expect(resumed.model).toEqual(whole.model);
    expect(resumed.curve).toEqual(whole.curve);
    expect(rest.checkpoints).toEqual(checkpoints.slice(place + 1));
  }
}

/** A job of 2,000 slow columns, which asks to be stopped at the 100th. */
function wideJob(settings: TrainerSettings): { job: TrainingJob; read: () => number; stop: AbortController } {
  const wide = Array.from({ length: 2_000 }, (_, i) => `x${i}`);
  const column = columnSchema.parse({ type: 'number', kind: 'numeric' });
  let read = 0;
  const stop = new AbortController();
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
  const job = jobOf({ settings, features: wide.map((name) => ({ name, column })), train: frame });
  return { job, read: () => read, stop };
}
