import type { RunRecord } from '../../contracts/run/run.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createObserveModel } from '../../activities/monitor/observe-model.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { loadModelDefinition } from '../../config/load-definitions.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Digest } from '../../contracts/digest.ts';
import { monitorEvidenceSchema } from '../../contracts/evidence/monitor.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { runKey, versionKey } from '../../ports/registry/keys.ts';
import { change } from '../contracts/registry-records.ts';
import { putSegment } from '../ports/log-segments.ts';
import { acsEmployment, dataStages } from './pipeline.ts';
import { patience } from '../support/patience.ts';

const now = 1_800_000_000_000;
const rows = 3_000;

const tensorOf = (value: string | number): Tensor =>
  typeof value === 'string'
    ? { type: 'string', shape: [1, 1], data: [value] }
    : { type: 'float32', shape: [1, 1], data: Float32Array.of(value) };

/** The monitor over a real snapshot, a real store and real segments of the prediction log. */
describe('watching a model that serves', { timeout: patience(60_000) }, () => {
  let stages: Awaited<ReturnType<typeof dataStages>>;
  let live: Frame;
  const employment = loadModelDefinition(loadConfig({}), 'employment');
  const definition: ModelDefinition = {
    ...employment,
    release: { ...employment.release, labels: { maturity: 0, missing: 'worst' } },
    monitor: { every: 1, window: 60_000, minRequests: 1_000, minKeys: 20, psi: 0.1, minAccuracy: 0.75, cooldown: 0 },
  };

  beforeAll(async () => {
    stages = await dataStages();
    const run = await stages.run('retrain/employment/first', { from: 2015, to: 2015, limit: 20_000 });
    const snapshot = await stages.snapshotDataset(run);
    const champion = await stages.champion(run, snapshot);
    await stages.registry.changeDeployment('employment', () => change(champion));
    live = await stages.files.tables.readFrame({
      path: acsEmployment.source,
      dataset: acsEmployment,
      columns: [...definition.features, 'employed'],
      limit: rows,
    });
  });
  afterAll(() => stages?.files.remove());

  /** Logs one answered request for each row, with its true label; `right` of ten predictions hit it. So many keys come again. */
  async function log(
    model: string,
    at: number,
    right: number,
    change: (name: string, value: string | number, row: number) => string | number | undefined,
    keys = rows,
  ) {
    const entries = Array.from({ length: rows }, (_, request): LogEntry[] => {
      const row = request % keys;
      const label = Number(live.columns.employed?.values[row]);
      const shared = { id: `${at}-${request}`, at, model, instance: 'one' };
      const predicted = row % 10 < right ? label : 1 - label;
      return [
        {
          ...shared,
          kind: 'prediction',
          key: keys === rows ? shared.id : `key ${row}`,
          version: 1,
          arm: 'champion',
          share: 0,
          seq: 1,
          release: null,
          ms: 1,
          modelMs: 1,
          error: null,
          rows: 1,
          inputs: Object.fromEntries(
            definition.features.flatMap((name) => {
              const value = change(name, live.columns[name]?.values[row] ?? '', row);
              return value === undefined ? [] : [[name, tensorOf(value)]];
            }),
          ),
          outputs: {
            label: { type: 'int64', shape: [1], data: BigInt64Array.of(BigInt(predicted)) },
            probabilities: { type: 'float32', shape: [1, 2], data: Float32Array.of(1 - predicted, predicted) },
          },
        },
        // What an answer was worth comes first, and says nothing about its label.
        { ...shared, kind: 'feedback', label: null, value: 2 },
        { ...shared, at: at + 1, kind: 'feedback', label, value: null },
      ];
    }).flat();
    await putSegment(stages.store, entries, at - now);
  }

  const observe = (at: number, pinned: (digest: Digest) => Digest = (digest) => digest) =>
    createObserveModel({
      store: { ...stages.store, getBlob: (digest) => stages.store.getBlob(pinned(digest)) },
      registry: stages.registry,
      tables: stages.files.tables,
      predictionLog: createPredictionLog({ store: stages.store }),
      definitions: {
        models: async () => ['employment'],
        model: async () => definition,
        datasetOf: async () => acsEmployment,
        filesOf: async () => [],
      },
      now: () => at,
    })('employment');

  it('asks for nothing while too little was asked of the model', async () => {
    const seen = await observe(now - 600_000);
    expect(seen).toMatchObject({ status: 'inconclusive', trigger: null });
  });

  it('finds nothing where the world and the quality stayed as they were', async () => {
    await log('employment', now, 9, (_, value) => value);
    const seen = await observe(now + 1_000);
    expect(seen).toMatchObject({ status: 'pass', trigger: null });
    if (seen.evidence === null) throw new Error('a judged window has evidence');
    const evidence = await loadDocument(stages.store, monitorEvidenceSchema, seen.evidence);
    expect(evidence).toMatchObject({ version: 1, requests: rows, labels: rows, errors: 0 });
    expect(evidence.accuracy?.estimate).toBeCloseTo(0.9);
    expect(evidence.drift.map(({ column }) => column).toSorted()).toEqual(definition.features.toSorted());
  });

  it('finds nothing where fifty keys come again and again, and does not judge ten', async () => {
    await log('employment', now + 600_000, 9, (_, value) => value, 50);
    expect(await observe(now + 601_000)).toMatchObject({ status: 'pass', trigger: null });
    await log('employment', now + 800_000, 9, (_, value) => value, 10);
    const few = await observe(now + 801_000);
    expect(few).toMatchObject({ status: 'inconclusive', trigger: null });
    expect(few.reasons.join()).toMatch(/as few keys as 10 equally busy ones, at least 20 are needed/);
  });

  it('starts a run when the column of fifty keys has moved', async () => {
    await log('employment', now + 1_000_000, 9, (name, value) => (name === 'AGEP' ? 95 : value), 50);
    expect((await observe(now + 1_001_000)).trigger).toContain('AGEP');
  });

  it('leaves out what the log does not hold as it was, and says so', async () => {
    await log('employment', now + 1_200_000, 9, (name, value) => (name === 'AGEP' ? 'a1b2c3' : value));
    const { lineage } = await stages.registry.version('employment', 1);
    const version = lineage.definition;
    const hashed = await saveDocument(stages.store, modelDefinitionSchema, {
      ...definition,
      serving: { ...definition.serving, log: { drop: [], hash: ['AGEP'] } },
    });
    const seen = await observe(now + 1_201_000, (digest) => (digest === version ? hashed : digest));
    expect(seen).toMatchObject({ status: 'pass', trigger: null });
    if (seen.evidence === null) throw new Error('a judged window has evidence');
    const evidence = await loadDocument(stages.store, monitorEvidenceSchema, seen.evidence);
    expect(evidence.notLogged).toEqual(['AGEP']);
    expect(evidence.drift.map(({ column }) => column)).not.toContain('AGEP');
  });

  it('finds nothing where the model takes true and false as 1 and 0', async () => {
    // The codes of DEAR are 1 and 2: as a boolean the first reads as true, and the other stays.
    await log('employment', now + 1_800_000, 9, (name, value) => (name === 'DEAR' ? Number(value) : value));
    const { lineage } = await stages.registry.version('employment', 1);
    const { columns } = acsEmployment;
    const truths = await saveDocument(stages.store, datasetDefinitionSchema, {
      ...acsEmployment,
      columns: { ...columns, DEAR: { ...columns.DEAR!, type: 'boolean', allowed: undefined } },
    });
    const seen = await observe(now + 1_801_000, (digest) => (digest === lineage.dataset ? truths : digest));
    expect(seen).toMatchObject({ status: 'pass', trigger: null });
  });

  it('judges a column on the requests of versions that read it, where a missing value moves it still', async () => {
    const at = now + 2_000_000;
    await log('employment', at, 9, (name, value, row) => (name === 'AGEP' && row % 2 === 0 ? undefined : value));
    const seen = await observe(at + 1_000);
    expect(seen).toMatchObject({ status: 'pass', trigger: null });
    const evidence = await loadDocument(stages.store, monitorEvidenceSchema, seen.evidence!);
    expect(evidence.unread).toEqual([{ column: 'AGEP', requests: rows / 2 }]);
    expect(evidence.drift.map(({ column }) => column)).toContain('AGEP');

    await log('employment', at + 200_000, 9, (name, value, row) =>
      name !== 'AGEP' ? value : row % 2 === 0 ? undefined : Number.NaN,
    );
    expect((await observe(at + 201_000)).trigger).toContain('AGEP has moved');

    await log('employment', at + 400_000, 9, (name, value) => (name === 'AGEP' ? undefined : value));
    const before = await loadDocument(stages.store, monitorEvidenceSchema, (await observe(at + 401_000)).evidence!);
    expect(before.unread).toEqual([{ column: 'AGEP', requests: rows }]);
    expect(before.drift.map(({ column }) => column)).not.toContain('AGEP');
  });

  it('does not look at a column that is off', async () => {
    await log('employment', now + 1_400_000, 9, (name, value) => (name === 'AGEP' ? Number(value) + 20 : value));
    expect((await observe(now + 1_401_000)).trigger).toContain('AGEP');
    const { columns } = definition.data.psi;
    columns.AGEP = 'off';
    try {
      const seen = await observe(now + 1_401_000);
      expect(seen).toMatchObject({ status: 'pass', trigger: null });
      const { odd } = await loadDocument(stages.store, monitorEvidenceSchema, seen.evidence!);
      const [low, high] = [acsEmployment.columns.AGEP!.min!, acsEmployment.columns.AGEP!.max!];
      const moved = Array.from(live.columns.AGEP!.values as Float64Array, (value) => value + 20);
      const outside = moved.filter((value) => value < low || value > high).length;
      expect(outside).toBeGreaterThan(0);
      expect(odd).toEqual([{ column: 'AGEP', outside, unknown: 0 }]);
    } finally {
      delete columns.AGEP;
    }
  });

  it('starts a run when a column has moved, and names it', async () => {
    await log('employment', now + 200_000, 9, (name, value) => (name === 'AGEP' ? Number(value) + 20 : value));
    const seen = await observe(now + 201_000);
    expect(seen.status).toBe('fail');
    expect(seen.trigger).toContain('AGEP');
    const { registry } = stages;
    const run = { ...(await stages.run('retrain/waiting', {})), startedAt: new Date(now).toISOString() };
    const record: RunRecord = { schema: 'pawl.run/1', run, snapshot: null, release: null, result: null, endedAt: null };
    await registry.recordRun(record);
    const waiting = await observe(now + 201_000);
    expect(waiting).toMatchObject({ status: 'fail', trigger: null });
    expect(waiting.reasons.join()).toContain('no run is started: retrain/waiting is under way');
    await registry.recordRun({
      ...record,
      result: { outcome: 'stopped', version: null, verdicts: [], reason: 'a test', report: null },
      endedAt: run.startedAt,
    });
    expect((await observe(now + 201_000)).trigger).toContain('AGEP');
  });

  it.each([
    [
      'its last run',
      runKey('retrain/waiting'),
      { endedAt: new Date(now + 1).toISOString() },
      'the record of run retrain/waiting',
    ],
    ['the version that serves', versionKey('employment', 1), { created: '1999-01-01T00:00:00.000Z' }, 'version 1'],
  ])('decides nothing by %s where that was changed in the store', async (_, key, change, what) => {
    await stages.whileChanged(key, change, () =>
      expect(observe(now + 201_000)).rejects.toThrow(`${what} of "employment" was changed in the store`),
    );
  });

  it('judges only answers whose labels are old enough, and none where no age is declared', async () => {
    const at = now + 1_600_000;
    await log('employment', at, 7, (_, value) => value);
    const { release } = definition;
    const seenWith = async (maturity: number | null, when: number) => {
      definition.release = { ...release, labels: { maturity, missing: 'worst' } };
      try {
        const seen = await observe(when);
        const evidence = await loadDocument(stages.store, monitorEvidenceSchema, seen.evidence!);
        return { ...seen, ...evidence };
      } finally {
        definition.release = release;
      }
    };
    expect(await seenWith(null, at + 1_000)).toMatchObject({
      trigger: null,
      cohort: null,
      labels: rows,
      accuracy: null,
    });
    const young = await seenWith(30_000, at + 1_000);
    expect(young).toMatchObject({ trigger: null, labels: 0, accuracy: null });
    expect(young.cohort).toEqual({ from: at - 89_000, to: at - 29_000 });
    expect((await seenWith(30_000, at + 40_000)).trigger).toMatch(/live accuracy is 70/);
  });

  it('starts a run when the labels say that quality has fallen', async () => {
    await log('employment', now + 400_000, 7, (_, value) => value);
    const seen = await observe(now + 401_000);
    expect(seen.status).toBe('fail');
    expect(seen.trigger).toMatch(/accuracy/i);
    const { status, evidence, reasons, trigger } = seen;
    expect(await stages.registry.lastMonitor('employment')).toMatchObject({ status, evidence, reasons, trigger });
  });
});
