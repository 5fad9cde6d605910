import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { createOptimizeModel } from '../../activities/run/optimize-model.ts';
import { datasetDefinitionSchema, type SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { optimizationEvidenceSchema } from '../../contracts/evidence/optimization.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Run } from '../../contracts/run/run.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { designNetwork, initialParameters } from '../../ml/training/architecture.ts';
import { encodeRows, fitEncoding } from '../training/encoded.ts';
import { exportedModel } from '../../ml/training/export-graph.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { TableEngine } from '../../ports/table-engine/port.ts';
import { exportOf, features, people, settingsOf } from '../training/support.ts';

let folder: string;
let store: ArtifactStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'optimize-'));
  store = createFileStore(pathToFileURL(folder).href);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Answers with rows in memory, and remembers which side was asked for. */
function tablesOf(asked: { side: string | undefined; limit: number | undefined }[]): Pick<TableEngine, 'readFrame'> {
  const { frame, labels } = people(600, 3);
  const target = { type: 'number', values: Float64Array.from(labels) } as const;
  return {
    async readFrame({ split, limit }) {
      asked.push({ side: split?.side, limit });
      return { rowCount: frame.rowCount, columns: { ...frame.columns, bought: target } };
    },
  };
}

function network(): Uint8Array {
  const { frame } = people(600, 3);
  const settings = settingsOf({ hidden: [32, 16] });
  const encoding = fitEncoding(features, frame, settings);
  const design = designNetwork(settings, encoding, 1);
  const theta = initialParameters(design, encodeRows(encoding, frame), 5);
  return encodeModel(exportedModel({ encoding, network: design, thetas: [theta], ...exportOf(0, 1) }));
}

/** Answers by age alone, without a layer. */
function rule(): Uint8Array {
  const g = new GraphBuilder('rule');
  const age = g.node('Div', [g.input('age', 'float32', ['batch', 1]), g.scalar('hundred', 100)]);
  const known = g.node('Where', [g.node('IsNaN', [age]), g.scalar('none', 0), age]);
  const above = g.node('Greater', [known, g.scalar('half', 0.5)]);
  g.output(g.node('Cast', [above], { to: { int: 7 } }, { output: 'label' }), 'int64');
  g.output(g.node('Identity', [known], {}, { output: 'probabilities' }), 'float32');
  return encodeModel(g.model());
}

type Input = z.input<typeof modelDefinitionSchema>;

async function optimize(bytes: Uint8Array, optimizeGate: Input['optimize'], fairness: Input['fairness'] = {}) {
  const definition = await saveDocument(store, modelDefinitionSchema, {
    model: 'shop',
    dataset: 'people',
    features: features.map(({ name }) => name),
    quality: { resamples: 50 },
    fairness: { attributes: { colour: { maxGroupLoss: 0.9 }, age: {} }, ...fairness },
    optimize: { calibrationRows: 300, batchSizes: [1, 8], ...optimizeGate },
  });
  const dataset = await saveDocument(store, datasetDefinitionSchema, {
    dataset: 'people',
    source: 'people.parquet',
    licence: 'public',
    provenance: 'made for a test',
    key: 'id',
    target: 'bought',
    columns: {
      id: { type: 'integer', kind: 'key' },
      bought: { type: 'integer', kind: 'target' },
      ...Object.fromEntries(features.map(({ name, column }) => [name, column])),
    },
    sensitive: [{ column: 'colour' }, { column: 'age', bands: [40, 60] }],
  });
  const fp32 = await store.putBlob(bytes);
  const run: Run = {
    id: 'retrain/shop/1',
    model: 'shop',
    startedAt: '2026-01-01T00:00:00Z',
    definition,
    dataset,
    selection: {},
    imported: null,
    seed: 7,
    champion: null,
    code: 'git:0',
  };
  const snapshot: SnapshotRef = { manifest: fp32, data: fp32, rowCount: 600 };
  const asked: Parameters<typeof tablesOf>[0] = [];
  const ports = { store, inference: createOnnxInference(), tables: tablesOf(asked) as TableEngine };
  const result = await createOptimizeModel(ports)({
    run,
    candidate: { model: fp32, fp32, variant: 'fp32' },
    snapshot,
  });
  const evidence = await loadDocument(store, optimizationEvidenceSchema, result.evidence);
  return { result, evidence, fp32, asked };
}

const lenient = { minSpeedup: 0.001, minAgreement: 0.9, accuracyBudget: 0.2 };

describe('optimizing a model', () => {
  test('goes on with a variant that keeps within the limits, and its bytes are in the store', async () => {
    const { result, evidence, fp32, asked } = await optimize(network(), lenient);
    expect(result.status).toBe('pass');
    expect(evidence.variants.map(({ variant }) => variant)).toEqual(['fp32', 'dynamicInt8', 'staticInt8']);
    expect(evidence.chosen).not.toBe('fp32');
    expect(result.candidate).toEqual({
      model: evidence.variants.find(({ variant }) => variant === evidence.chosen)?.model,
      fp32,
      variant: evidence.chosen,
    });
    for (const { model, bytes, agreement, speedup, accuracyChange, verdict } of evidence.variants) {
      expect((await store.getBlob(model)).length).toBe(bytes);
      expect(agreement).toBeGreaterThan(0.9);
      expect(speedup.map(({ batch }) => batch)).toEqual([1, 8]);
      expect(speedup.every(({ ratio }) => ratio > 0)).toBe(true);
      expect(accuracyChange.lower).toBeLessThanOrEqual(accuracyChange.estimate);
      expect(verdict.status).toBe('pass');
    }
    expect(asked).toEqual([
      { side: 'test', limit: undefined },
      { side: 'validation', limit: 300 },
    ]);
  });

  test('keeps fp32 where INT8 does not pay, which is not a failure', async () => {
    const { result, evidence, fp32 } = await optimize(network(), { ...lenient, minSpeedup: 1000 });
    expect(result).toMatchObject({ status: 'pass', candidate: { model: fp32, fp32, variant: 'fp32' } });
    expect(result.reasons).toEqual([evidence.reason]);
    expect(evidence.reason).toContain('at least 1000 is asked for');
    expect(evidence.variants).toHaveLength(3);
  });

  test('judges each variant by the groups that it would make worse off', async () => {
    const { evidence } = await optimize(network(), lenient, { attributes: { colour: { maxGroupLoss: 0.03 } } });
    const quantized = evidence.variants.filter(({ variant }) => variant !== 'fp32');
    expect(quantized).toHaveLength(2);
    for (const { verdict, worstGroupLoss } of quantized) {
      const judged = verdict.checks.find(({ message }) => message.includes('at most 3 % is allowed'));
      expect(judged).toMatchObject({ status: 'pass', observed: worstGroupLoss, limit: 0.03 });
    }
  });

  test('says so where there is nothing to quantize', async () => {
    const { result, evidence } = await optimize(rule(), lenient);
    expect(result.candidate.variant).toBe('fp32');
    expect(evidence.variants.map(({ variant }) => variant)).toEqual(['fp32']);
    expect(evidence.reason).toBe(
      'fp32 stays. dynamicInt8: nothing to quantize: the model has no Gemm or MatMul. staticInt8: nothing to quantize: the model has no Gemm or MatMul',
    );
  });

  test('gives the same bytes of a variant again', async () => {
    const digests = async (): Promise<Digest[]> =>
      (await optimize(network(), lenient)).evidence.variants.map(({ model }) => model);
    expect(await digests()).toEqual(await digests());
  });

  test('lets the event loop breathe while it times', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    await optimize(network(), lenient);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});
