import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { createActivities } from '../../activities/index.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { pinProgram } from '../../activities/support/program.ts';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { datasetDefinitionSchema, type SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { dataEvidenceSchema, type DataEvidence } from '../../contracts/evidence/data.ts';
import { qualityEvidenceSchema, type QualityEvidence } from '../../contracts/evidence/quality.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Candidate, Run, StageVerdict } from '../../contracts/run/run.ts';
import { createRandom } from '../../ml/random.ts';
import { openPorts } from '../../ports/open-ports.ts';
import { trainersHere } from '../ports/trainer-here.ts';
import { inProcessExaminer } from '../ports/in-process-examiner.ts';

/** A person of the made-up data: whether they churn can be learned from the three features. */
export interface Person {
  readonly id: number;
  readonly age: number;
  readonly plan: 'basic' | 'plus' | 'pro';
  readonly amount: number;
  readonly churned: boolean;
}

const plans = ['basic', 'plus', 'pro'] as const;

export function people(count: number, seed = 1): Person[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const age = 18 + Math.floor(random.next() * 70);
    const plan = plans[Math.floor(random.next() * 3)] ?? 'pro';
    const amount = Math.round(random.next() * 12_000) / 100;
    const logit = (age - 50) / 8 + (plan === 'basic' ? 1 : plan === 'pro' ? -1 : 0) + (amount - 60) / 30;
    return { id: i + 1, age, plan, amount, churned: random.next() < 1 / (1 + Math.exp(-logit)) };
  });
}

const header = 'id,age,plan,amount,churned';
export const csvOf = (rows: readonly (readonly unknown[])[]): string =>
  `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`;

const columns = {
  id: { type: 'integer', kind: 'key' },
  age: { type: 'integer', kind: 'numeric' },
  plan: { type: 'string', kind: 'categorical' },
  amount: { type: 'number', kind: 'numeric' },
  churned: { type: 'integer', kind: 'target' },
};

export interface Definitions {
  /** Changes of `dataset.yaml` beside those of `columns`. */
  readonly dataset?: Record<string, unknown>;
  readonly columns?: Record<string, unknown>;
  readonly model?: Record<string, unknown>;
}

/** A clock by which the minutes of trainer `auto` are over after its first model. */
function aDayLater(): () => number {
  let now = Date.now();
  return () => (now += 86_400_000);
}

/** A stranger's project in a folder of its own, and the stages of its runs with real ports. */
export async function strangersProject(source: { name: string; content: string | Uint8Array }) {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-case-'));
  const data = join(folder, 'datasets', 'churn');
  await mkdir(data, { recursive: true });
  await mkdir(join(folder, 'models'));
  await writeFile(join(data, source.name), source.content);
  const config = loadConfig({ PAWL_PROJECT: folder, PAWL_HOME: join(folder, 'home') });
  const ports = openPorts(config, definitionLoaders(config));
  // Neither examines nor trains in a process of its own: there are many of them.
  Object.assign(ports.imports, inProcessExaminer(ports.inference));
  Object.assign(ports, { trainer: trainersHere(ports.inference, aDayLater()) });
  const activities = createActivities(ports);
  const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
    new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);
  let runs = 0;

  return {
    folder,
    ports,
    data: join(data, source.name),
    async define({ dataset = {}, columns: changed = {}, model = {} }: Definitions = {}): Promise<void> {
      const merged = { ...columns, ...changed };
      await writeFile(
        join(data, 'dataset.yaml'),
        stringify({
          dataset: 'churn',
          source: source.name,
          licence: 'none',
          provenance: 'made up',
          key: 'id',
          target: 'churned',
          columns: Object.fromEntries(Object.entries(merged).filter(([, column]) => column !== null)),
          ...dataset,
        }),
      );
      await writeFile(
        join(folder, 'models', 'churn.yaml'),
        stringify({
          model: 'churn',
          dataset: 'churn',
          features: ['age', 'plan', 'amount'],
          trainer: { kind: 'network', epochs: 30, hidden: [16], learningRate: 0.01 },
          quality: { resamples: 100 },
          ...model,
        }),
      );
    },
    /** What `openRun` pins; throws what it would. */
    async open(champion: number | null = null, selection: Run['selection'] = {}): Promise<Run> {
      const definition = await ports.definitions.model('churn');
      const dataset = await ports.definitions.datasetOf(definition);
      const program = await pinProgram(ports, definition);
      runs += 1;
      return {
        id: `retrain/churn/${runs}`,
        model: 'churn',
        startedAt: '2026-01-01T00:00:00.000Z',
        definition: await saveDocument(
          ports.store,
          modelDefinitionSchema,
          definition as z.input<typeof modelDefinitionSchema>,
        ),
        dataset: await saveDocument(ports.store, datasetDefinitionSchema, dataset),
        selection,
        imported: null,
        seed: 7,
        champion,
        ...(program === null ? {} : { program }),
        // Tests of equal runs need work that is done twice.
        cache: false,
        code: 'test',
      };
    },
    snapshot: (run: Run) => act(activities.snapshotDataset, run),
    async check(run: Run, snapshot: SnapshotRef): Promise<DataEvidence> {
      const { evidence } = await act(activities.checkDataset, { run, snapshot });
      return loadDocument(ports.store, dataEvidenceSchema, evidence);
    },
    train: (run: Run, snapshot: SnapshotRef) => act(activities.trainModel, { run, snapshot }),
    async evaluate(run: Run, candidate: Candidate, snapshot: SnapshotRef): Promise<QualityEvidence> {
      const { evidence } = await act(activities.evaluateModel, { run, candidate, snapshot });
      return loadDocument(ports.store, qualityEvidenceSchema, evidence);
    },
    async register(
      run: Run,
      candidate: Candidate,
      snapshot: SnapshotRef,
      training: Digest,
      verdicts: StageVerdict[] = [],
    ): Promise<number> {
      const input = { run, candidate, snapshot, training, verdicts };
      return (await act(activities.registerModel, input)).version;
    },
    async close(): Promise<void> {
      await ports.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type StrangersProject = Awaited<ReturnType<typeof strangersProject>>;

/** Snapshot, data check, training and evaluation of a project. */
export async function trained(project: StrangersProject, champion: number | null = null) {
  const run = await project.open(champion);
  const snapshot = await project.snapshot(run);
  const data = await project.check(run, snapshot);
  const { candidate, evidence } = await project.train(run, snapshot);
  return { run, snapshot, data, candidate, evidence, quality: await project.evaluate(run, candidate, snapshot) };
}
