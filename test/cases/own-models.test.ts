import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { createActivities, type Activities } from '../../activities/index.ts';
import { loadDocument, saveDocument } from '../../activities/support/documents.ts';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { dataEvidenceSchema } from '../../contracts/evidence/data.ts';
import { qualityEvidenceSchema } from '../../contracts/evidence/quality.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { GateResult, Run } from '../../contracts/run/run.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';

let home: string;
let ports: OpenedPorts;
let activities: Activities;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pawl-own-'));
  const config = loadConfig({ PAWL_HOME: home });
  ports = openPorts(config, definitionLoaders(config));
  activities = createActivities(ports);
});
afterAll(async () => {
  await ports?.close();
  await rm(home, { recursive: true, force: true });
});

const act = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run<[I], O, (input: I) => Promise<O>>(activity, input);

test.each(['visits', 'party'])('the model %s passes its gates on its real data, but for a person', async (model) => {
  const definition = await ports.definitions.model(model);
  const dataset = await ports.definitions.datasetOf(definition);
  const run: Run = {
    id: `retrain/${model}/1`,
    model,
    startedAt: '2026-01-01T00:00:00.000Z',
    definition: await saveDocument(
      ports.store,
      modelDefinitionSchema,
      definition as z.input<typeof modelDefinitionSchema>,
    ),
    dataset: await saveDocument(ports.store, datasetDefinitionSchema, dataset),
    selection: {},
    imported: null,
    seed: definition.seed,
    champion: null,
    code: 'test',
  };
  const snapshot = await act(activities.snapshotDataset, run);
  const data: GateResult = await act(activities.checkDataset, { run, snapshot });
  const { verdict } = await loadDocument(ports.store, dataEvidenceSchema, data.evidence);
  expect(verdict.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  const { candidate } = await act(activities.trainModel, { run, snapshot });
  const evaluated: GateResult = await act(activities.evaluateModel, { run, candidate, snapshot });
  const quality = await loadDocument(ports.store, qualityEvidenceSchema, evaluated.evidence);
  expect(quality.verdict.checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual([
    'champion.comparison',
  ]);
  const fairness: GateResult = await act(activities.assessFairness, { run, candidate, snapshot });
  expect(['pass', 'skipped']).toContain(fairness.status);
});
