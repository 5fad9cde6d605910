import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const quickRelease =
  '{ analyzeEvery: 200ms, bake: 1s, shadow: { duration: 1h }, labels: { maturity: 0, missing: random } }';

/**
 * A project of one small model, whose releases are looked at every fifth of a second unless another policy is given. `more` are lines of the
 * model's definition.
 */
export async function writeChurnProject(folder: string, release = quickRelease, more = ''): Promise<void> {
  await mkdir(join(folder, 'models'), { recursive: true });
  await mkdir(join(folder, 'datasets', 'people'), { recursive: true });
  await writeFile(
    join(folder, 'models', 'churn.yaml'),
    `model: churn
description: Who leaves
dataset: people
features: [age]
trainer: { kind: network }
release: ${release}
schedule: { cron: '0 3 * * 1' }
${more}`,
  );
  await writeFile(
    join(folder, 'datasets', 'people', 'dataset.yaml'),
    `dataset: people
source: people.parquet
licence: none
provenance: written by a test
key: id
target: left
columns:
  id: { type: integer, kind: key }
  age: { type: integer, kind: numeric }
  sector: { type: string, kind: categorical }
  left: { type: integer, kind: target, allowed: ['0', '1'] }
sensitive: [{ column: sector }]
`,
  );
  await mkdir(join(folder, 'datasets', 'moments'), { recursive: true });
  await writeFile(
    join(folder, 'datasets', 'moments', 'dataset.yaml'),
    `dataset: moments
source: people.parquet
licence: none
provenance: written by a test
key: id
time: at
target: left
columns:
  id: { type: integer, kind: key }
  at: { type: timestamp, kind: time }
  age: { type: integer, kind: numeric }
  left: { type: integer, kind: target, allowed: ['0', '1'] }
`,
  );
}
