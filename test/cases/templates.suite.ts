import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import type { TrainedModel } from '../../activities/support/train-once.ts';
import { loadDocument } from '../../activities/support/documents.ts';
import { packageRoot } from '../../config/source-tree.ts';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { Run } from '../../contracts/run/run.ts';
import { processTree } from '../../ports/resident-bytes.ts';
import { describeWith } from '../support/needs.ts';
import { patience } from '../support/patience.ts';
import { allGates } from './all-gates.ts';
import { learnable } from './learnable.ts';
import { csvOf, strangersProject, type StrangersProject } from './project.ts';

/** The first time it makes an environment. */
const makingMs = 3_600_000;

/** How a template of `trainers/` is tested. */
export interface Template {
  /** @default every task */
  readonly tasks?: readonly string[];
  /** Command lines. @default `python train.py` */
  readonly runs?: readonly (readonly string[])[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Parameters of a training that does not end by itself for some seconds. */
  readonly long?: Readonly<Record<string, unknown>>;
}

async function projectOf(
  template: string,
  task: string,
  parameters: Template['parameters'],
  run = ['python', 'train.py'],
): Promise<StrangersProject> {
  const { rows, definition } = learnable[task]!;
  const project = await strangersProject({ name: 'data.csv', content: csvOf(rows()) });
  const folder = join('trainers', template);
  await cp(join(packageRoot, folder), join(project.folder, folder), { recursive: true });
  const trainer = { kind: 'command', folder, run, requirements: 'requirements.txt', parameters };
  await project.define({ ...definition, model: { ...definition.model, trainer } });
  return project;
}

const evidenceOf = async (project: StrangersProject, { evidence }: Pick<TrainedModel, 'evidence'>) =>
  (await loadDocument(project.ports.store, trainingEvidenceSchema, evidence)).training!;

const usual = ['python', 'train.py'];

/** Runs each template with each task through all gates, and those with a long training through a kill and a cancellation. */
export const templatesSuite = (missing: string | null, templates: Readonly<Record<string, Template>>): void =>
  describeWith(missing, 'templates of trainer command', () => {
    const cases = Object.entries(templates).flatMap(
      ([name, { parameters, tasks = Object.keys(learnable), runs = [] }]) => [
        ...tasks.map((task) => [name, task, parameters, usual] as const),
        ...runs.map((run) => [name, 'binary', parameters, run] as const),
      ],
    );

    describe.each(cases)('%s of task %s', (template, task, parameters, run) => {
      let project: StrangersProject;
      let found: Awaited<ReturnType<typeof allGates>>;
      beforeAll(async () => {
        project = await projectOf(template, task, parameters, [...run]);
        found = await allGates(project);
      }, makingMs);
      afterAll(() => project?.close());

      test(`learns what there is to learn, and passes the gates (${run[0]})`, () => {
        expect(found.quality.task).toBe(task);
        expect(found.quality.verdict.checks.filter(({ status }) => status === 'fail')).toEqual([]);
        expect(found.optimization.verdict.status).not.toBe('fail');
      });

      test('exports the model that it trained, and says on what and how far it came', async () => {
        const { program, environment, curve } = await evidenceOf(project, found);
        expect(program!.difference).toBeLessThan(1e-4);
        expect(environment['python']).toMatch(/^3\./);
        expect(environment['onnx']).toMatch(/^1\./);
        expect(curve.length).toBeGreaterThan(1);
        expect(curve.at(-1)!.trainLoss).toBeLessThan(curve[0]!.trainLoss);
      });
    });

    /** Processes of this one that run the template. */
    const programs = (): number[] =>
      processTree(process.pid).filter((pid) => {
        try {
          return /\bpython\S*\0train\.py/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        } catch {
          return false;
        }
      });

    const interruptible = Object.entries(templates).flatMap(([name, { long }]) =>
      long === undefined ? [] : [[name, long] as const],
    );
    describe.each(process.platform === 'linux' ? interruptible : [])('%s', (template, long) => {
      let project: StrangersProject;
      let run: Run;
      let snapshot: SnapshotRef;
      beforeAll(async () => {
        project = await projectOf(template, 'binary', long);
        run = await project.open();
        snapshot = await project.snapshot(run);
      }, makingMs);
      afterAll(() => project?.close());

      /** Trainings of one name do the same work; those of another begin from the start. */
      const train = (name: string, environment = new MockActivityEnvironment()) => {
        const { trainModel } = createActivities(project.ports);
        return environment.run<[{ run: Run; snapshot: SnapshotRef }], TrainedModel, typeof trainModel>(trainModel, {
          run: { ...run, id: `${run.id}/${name}` },
          snapshot,
        });
      };
      const checkpoints = async (): Promise<number> =>
        (await project.ports.store.listPointers('work/train/')).filter((key) => key.endsWith('/checkpoint')).length;
      /** Trains, and calls back once there is a checkpoint. */
      async function interrupted(name: string, then: (environment: MockActivityEnvironment) => void): Promise<void> {
        const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 300 });
        const before = await checkpoints();
        let called = false;
        environment.on('heartbeat', () => {
          void checkpoints().then((now) => {
            if (now === before || called) return;
            called = true;
            then(environment);
          });
        });
        await train(name, environment);
      }

      test('goes on from its last checkpoint after SIGKILL, and ends with the bytes of a training that nobody ended', async () => {
        const ended = interrupted('killed', () => {
          for (const pid of programs()) process.kill(pid, 'SIGKILL');
        });
        await expect(ended).rejects.toThrow(/was killed by SIGKILL: a retry goes on from the last checkpoint/);
        const again = await train('killed');
        const { program, resumed, curve } = await evidenceOf(project, again);
        expect(resumed.epoch).toBeGreaterThan(0);
        expect(program!.log.join('\n')).toMatch(new RegExp(`goes on from (round|epoch) ${resumed.epoch}\\b`));
        const whole = await train('whole');
        expect(again.candidate.model).toBe(whole.candidate.model);
        expect(curve).toEqual((await evidenceOf(project, whole)).curve);
      }, 300_000);

      test('is gone within a second of a cancellation', async () => {
        let since = 0;
        const ended = interrupted('cancelled', (environment) => {
          since = performance.now();
          environment.cancel('CANCELLED');
        });
        await expect(ended).rejects.toThrow(/CANCELLED/);
        await expect.poll(programs, { interval: 20 }).toEqual([]);
        expect(performance.now() - since).toBeLessThan(patience(1_000));
      }, 120_000);
    });
  });
