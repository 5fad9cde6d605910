import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { loadDatasetDefinition } from '../../config/load-definitions.ts';
import { packageRoot } from '../../config/source-tree.ts';
import type { fileConfigSchema } from '../../config/schema.ts';
import type { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';

export type FileSettings = z.input<typeof fileConfigSchema>;
type Definition = z.input<typeof modelDefinitionSchema>;

/** Rows of 2015, which the runs train on. */
export const trainingRows = 6_000;
/** Rows of 2018, for the traffic. */
const laterRows = 4_000;

const dataset = 'acs-employment';

/** The model of `models/employment.yaml`, small and with its time compressed; its gates are wide, as no test here is about them. */
const employment: Definition = {
  model: 'employment',
  dataset,
  features: ['AGEP', 'SCHL', 'MAR', 'RELP', 'DIS', 'ESP', 'CIT'],
  seed: 7,
  trainer: { kind: 'network', hidden: [16], epochs: 6, batchSize: 64 },
  quality: {
    margins: { auc: 0.2, accuracy: 0.2 },
    limits: { auc: 0.7 },
    require: 'freshness',
    resamples: 200,
    slices: ['SEX'],
  },
  fairness: { attributes: { SEX: { limits: { equalizedOddsDifference: 0.5 } } }, resamples: 100 },
  // No variant is that fast: the bytes that are served are those that were trained, on any clock.
  optimize: { variants: ['dynamicInt8'], batchSizes: [1], minSpeedup: 1000 },
  staging: { rate: 50, duration: '1s', maxP99Ms: 5_000 },
  approval: { deadline: '1h' },
  release: {
    shadow: { sample: 1, minRequests: 30, duration: '2s' },
    steps: [0.2, 0.5],
    stepDuration: '2s',
    minStepRequests: 10,
    minLabels: 100,
    labels: { maturity: '3s' },
    bake: '2s',
    deadline: '2m',
    analyzeEvery: '500ms',
    // Both versions run on a machine that other tests load too.
    guards: { accuracyLoss: 0.1, slowMs: 5_000, predictionRatio: 3 },
  },
};

const settings: FileSettings = { ports: { temporal: 0, ui: 0, gateway: 0 }, gateway: { log: { sealEvery: '500ms' } } };

/** A project as a team would have it: one definition, one dataset (real rows, fewer of them), one `temporal.yaml`. */
export async function writeProject(
  folder: string,
  { trainer = {}, file = {} }: { trainer?: object; file?: FileSettings } = {},
): Promise<void> {
  const original = loadDatasetDefinition({ project: packageRoot }, dataset);
  const target = join(folder, 'datasets', dataset);
  await mkdir(target, { recursive: true });
  await mkdir(join(folder, 'models'), { recursive: true });
  await copyRows(original.source, join(target, 'people.parquet'));
  const declared = parse(await readFile(join(packageRoot, 'datasets', dataset, 'dataset.yaml'), 'utf8')) as object;
  await writeFile(join(target, 'dataset.yaml'), stringify({ ...declared, source: 'people.parquet' }));
  await writeFile(
    join(folder, 'models', 'employment.yaml'),
    stringify({ ...employment, trainer: { ...employment.trainer, ...trainer } }),
  );
  await writeFile(join(folder, 'temporal.yaml'), stringify({ ...settings, ...file }));
}

async function copyRows(source: string, target: string): Promise<void> {
  const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`;
  const rowsOf = (year: number, limit: number): string =>
    `(select * from read_parquet(${quoted(source)}) where year = ${year} order by md5(id::varchar) limit ${limit})`;
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false', threads: '2' });
  const connection = await instance.connect();
  try {
    await connection.run(
      `copy (${rowsOf(2015, trainingRows)} union all ${rowsOf(2018, laterRows)}) to ${quoted(target)} (format parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
