import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createObserveModel } from '../../activities/monitor/observe-model.ts';
import { createActivities } from '../../activities/index.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { numbersOf } from '../../activities/support/numbers-of.ts';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { monitorEvidenceSchema } from '../../contracts/evidence/monitor.ts';
import { stagingEvidenceSchema } from '../../contracts/evidence/staging.ts';
import { trialEvidenceSchema } from '../../contracts/evidence/trial.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Run, StageVerdict } from '../../contracts/run/run.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { buildReport } from '../../activities/run/build-report.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { change } from '../contracts/registry-records.ts';
import { feedback, prediction, since } from '../ports/log-entries.ts';
import { putSegment } from '../ports/log-segments.ts';
import { inProcessExaminer } from '../ports/in-process-examiner.ts';
import { patience } from '../support/patience.ts';
import { feelings, pictureModel, textModel } from '../support/tensor-models.ts';

const feeling = { type: 'string', allowed: [...feelings] };
/** The model knows 24 places at most. */
const tokens = { input_ids: { shape: [12] } };
const kind = { type: 'string', allowed: ['lying', 'standing', 'none'] };

describe('a run of a model on tensors', { timeout: patience(60_000) }, () => {
  let folder: string;
  let ports: OpenedPorts;
  let activities: ReturnType<typeof createActivities>;
  let looks = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-tensors-'));
    await mkdir(join(folder, 'models'));
    const config = loadConfig({ PAWL_PROJECT: folder, PAWL_HOME: join(folder, 'home') });
    ports = openPorts(config, definitionLoaders(config));
    Object.assign(ports.imports, inProcessExaminer(ports.inference));
    activities = createActivities(ports);
  });
  afterAll(async () => {
    await ports?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
    new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

  /** The run of a model that is imported, as `openRun` pins it. */
  async function open(
    bytes: Uint8Array,
    tensors: object,
    more: object = {},
    champion: number | null = null,
  ): Promise<Run> {
    const staging = { rate: 50, duration: '500ms', maxP99Ms: 5_000 };
    await writeFile(join(folder, 'models', 'seen.yaml'), stringify({ model: 'seen', tensors, staging, ...more }));
    const definition = await ports.definitions.model('seen');
    return {
      id: 'retrain/seen/1',
      model: 'seen',
      startedAt: '2026-01-01T00:00:00.000Z',
      definition: await saveDocument(ports.store, modelDefinitionSchema, definition as never),
      dataset: await saveDocument(ports.store, datasetDefinitionSchema, await ports.definitions.datasetOf(definition)),
      selection: {},
      imported: await ports.store.putBlob(bytes),
      seed: 7,
      champion,
      code: 'test',
    };
  }

  async function tried(...of: Parameters<typeof open>) {
    const run = await open(...of);
    const { candidate, evidence: training } = await act(activities.trainModel, { run, snapshot: null });
    const result = await act(activities.tryModel, { run, candidate, training });
    return {
      run,
      candidate,
      training,
      result,
      trial: await loadDocument(ports.store, trialEvidenceSchema, result.evidence),
    };
  }

  test('tries a text classifier, stages it on a real gateway, registers it, and reports it', async () => {
    const { run, candidate, training, result, trial } = await tried(textModel('first'), {
      label: feeling,
      inputs: tokens,
    });
    expect(trial).toMatchObject({ rows: 64, answered: 64, isSeparate: true, champion: null, failures: [] });
    expect(trial.distinct).toBeGreaterThan(50);
    expect(result).toMatchObject({
      status: 'pass',
      numbers: ['64 of 64 made-up rows got a valid answer', expect.any(String)],
    });
    const staged = await act(activities.benchmarkModel, { run, candidate, snapshot: null, training });
    const { measurement } = await loadDocument(ports.store, stagingEvidenceSchema, staged.evidence);
    expect(measurement).toMatchObject({ requests: 25, errors: 0 });
    const verdicts: StageVerdict[] = [
      { stage: 'trial', ...result },
      { stage: 'staging', ...staged },
    ];
    const version = await act(activities.registerModel, { run, candidate, snapshot: null, training, verdicts });
    const registered = await ports.registry.version('seen', version.version);
    expect(registered.lineage).toMatchObject({ snapshot: null, inputs: training });
    expect(ports.registry.differencesOf(registered)).toEqual([]);
    const page = await buildReport(
      ports,
      { run, snapshot: null, training, verdicts, release: null },
      { outcome: 'rejected', version: 1, verdicts, reason: 'a test', report: null },
    );
    expect(page).toContain('What each input was given');
    expect(page).toContain('0 to 47: its embedding has 48 rows');
    expect(page).not.toContain('href="#quality"');
  });

  test('frees a network whose shapes hold the one picture that it was exported with', async () => {
    const { trial } = await tried(pictureModel('one'), { label: kind });
    expect(trial).toMatchObject({ answered: 64, isSeparate: true });
  });

  test('stages pictures as raw tensors, which JSON could not carry', async () => {
    const { run, candidate, training, trial } = await tried(pictureModel('classes'), {
      label: kind,
      inputs: { pixels: { min: -1, max: 1 } },
    });
    expect(trial).toMatchObject({ answered: 64, isSeparate: true });
    const staged = await act(activities.benchmarkModel, { run, candidate, snapshot: null, training });
    const { measurement } = await loadDocument(ports.store, stagingEvidenceSchema, staged.evidence);
    expect(measurement).toMatchObject({ errors: 0 });
  });

  test('knows from the declared range what errors of numbers are bounded by', async () => {
    const { result, trial } = await tried(pictureModel('numbers'), { label: { type: 'number', min: -50, max: 50 } });
    expect(trial).toMatchObject({
      errorCap: 100,
      sameWithin: 1,
      predictionEdges: [-40, -30, -20, -10, 0, 10, 20, 30, 40],
    });
    const verdicts = [{ stage: 'trial', ...result }];
    expect(await numbersOf(ports.store, verdicts)).toMatchObject({ errorCap: 100, sameWithin: 1 });
  });

  test('fails a model whose answers are not probabilities, with the first message', async () => {
    const { result } = await tried(probabilities('nan'), { label: kind });
    expect(result.status).toBe('fail');
    expect(result.failures).toEqual([
      expect.stringMatching(
        /^0 of 64 made-up rows got a valid answer; the first without one: .*"probabilities" is NaN/,
      ),
    ]);
  });

  test('warns of a model that answers everything alike, and of one whose rows influence each other', async () => {
    const same = await tried(probabilities('same'), { label: kind });
    expect(same.result).toMatchObject({
      status: 'warn',
      reasons: [expect.stringMatching(/^all 64 rows get the same answer/)],
    });
    const mixed = await tried(probabilities('mixed'), { label: kind });
    expect(mixed.result).toMatchObject({
      status: 'warn',
      reasons: expect.arrayContaining([expect.stringMatching(/^a row is answered otherwise among others/)]),
    });
  });

  test('says which inputs callers must send that the champion does not take', async () => {
    const first = await tried(pictureModel('classes'), { label: kind });
    const verdicts: StageVerdict[] = [{ stage: 'trial', ...first.result }];
    const { version } = await act(activities.registerModel, { ...first, snapshot: null, verdicts });
    const { trial, result } = await tried(probabilities('plain'), { label: kind }, {}, version);
    expect(trial.champion).toEqual({ version, missing: ['pixels'], added: ['x'] });
    expect(result.reasons).toEqual([
      `it no longer takes pixels and also needs x, unlike version ${version}: callers must send what both take while it is released`,
    ]);
  });

  test('says that labels are in another order than the champion has them', async () => {
    const first = await tried(pictureModel('classes'), { label: kind });
    const verdicts: StageVerdict[] = [{ stage: 'trial', ...first.result }];
    const { version } = await act(activities.registerModel, { ...first, snapshot: null, verdicts });
    const again = await tried(pictureModel('classes'), { label: kind }, {}, version);
    expect(again.result).toMatchObject({ status: 'pass', reasons: [] });
    const turned = { ...kind, allowed: kind.allowed.toReversed() };
    const { result } = await tried(pictureModel('classes'), { label: turned }, {}, version);
    expect(result).toMatchObject({
      status: 'warn',
      reasons: [
        `its labels are none, standing, lying, and those of version ${version} are lying, standing, none: look at the order in which the model has them`,
      ],
    });
  });

  test.each([
    ['that are right', 'positive', 'pass', /only requests are counted/, {}],
    ['that are right, above the least accuracy', 'positive', 'pass', null, { minAccuracy: 0.6 }],
    [
      'that are wrong',
      'negative',
      'fail',
      /no run is started: a model on tensors is trained elsewhere; `pawl import`/,
      { minAccuracy: 0.6 },
    ],
  ] as const)('watches answers %s by labels alone, and starts no run', async (_, label, status, reason, limits) => {
    const monitor = { every: '1m', window: '10m', minRequests: 100, minKeys: 10, ...limits };
    const more = { monitor, release: { labels: { maturity: 0 } } };
    const { result, ...version } = await tried(textModel('first'), { label: feeling, inputs: tokens }, more);
    const verdicts: StageVerdict[] = [{ stage: 'trial', ...result }];
    const registered = await act(activities.registerModel, { ...version, snapshot: null, verdicts });
    await ports.registry.changeDeployment('seen', () => change(registered.version));
    looks += 1;
    const at = since + looks * 3_600_000;
    const entries = Array.from({ length: 200 }, (_, i): LogEntry[] => {
      const outputs = { label: { type: 'string', shape: [1], data: ['positive'] } } as const;
      const said = { model: 'seen', version: registered.version, key: `key-${i}`, inputs: {}, outputs };
      const id = `${looks}-${i}`;
      return [
        { ...prediction(id, { at }), ...said },
        { ...feedback(id, label, at + 1_000), model: 'seen' },
      ];
    }).flat();
    await putSegment(ports.store, entries, at - since);
    const seen = await createObserveModel({ ...ports, now: () => at + 60_000 })('seen');
    expect(seen).toMatchObject({ status: status === 'pass' && reason !== null ? 'warn' : status, trigger: null });
    if (reason !== null) expect(seen.reasons.join('; ')).toMatch(reason);
    const found = await loadDocument(ports.store, monitorEvidenceSchema, seen.evidence!);
    expect(found).toMatchObject({ drift: [], labels: 200 });
  });

  test.each<[string, Uint8Array, object, object, RegExp]>([
    [
      'does not take what it is given',
      textModel('first'),
      { label: feeling, inputs: { ...tokens, input_ids: { shape: [12], max: 500 } } },
      {},
      /does not answer made-up rows \(.*indices element out of data bounds.*say in "tensors\.inputs" what it takes/,
    ],
    [
      'has inputs of other names',
      textModel('first'),
      { label: feeling, inputs: { ids: {} } },
      {},
      /tensors\.inputs: the model has no input "ids"/,
    ],
    [
      'has other labels',
      textModel('first'),
      { label: { type: 'string', allowed: ['a', 'b'] } },
      { positive: 'b' },
      /"logits" has 3 columns, and "label" has 2 labels/,
    ],
    [
      'has no input that is to be private',
      textModel('first'),
      { label: feeling, inputs: tokens },
      { serving: { log: { drop: ['input_id'] } } },
      /serving\.log\.drop: the model has no input "input_id".*did you mean "input_ids"/,
    ],
  ])('refuses a model that %s, before anything else', async (_, bytes, tensors, more, message) => {
    const run = await open(bytes, tensors, more);
    await expect(act(activities.trainModel, { run, snapshot: null })).rejects.toThrow(message);
  });
});

/** A model on `x` `[rows, 3]` that answers three probabilities: of a softmax, always the same, those of the whole batch, or NaN. */
function probabilities(which: 'plain' | 'same' | 'mixed' | 'nan'): Uint8Array {
  const g = new GraphBuilder('three');
  g.input('x', 'float32', ['batch', 3]);
  const zero = g.node('Mul', ['x', g.scalar('none', 0)]);
  const given =
    which === 'plain'
      ? 'x'
      : which === 'same'
        ? zero
        : which === 'nan'
          ? g.node('Div', [zero, zero])
          : g.node('Sub', ['x', g.node('ReduceMean', ['x', g.ints('rows', [0])], { keepdims: { int: 1 } })]);
  g.output(g.node('Softmax', [given], { axis: { int: 1 } }, { output: 'probabilities' }), 'float32', ['batch', 3]);
  return encodeModel(g.model());
}
