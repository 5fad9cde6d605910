import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SplitManifest } from '../../contracts/data/split.ts';
import { patience } from '../support/patience.ts';
import { pawl, pawlJson } from '../support/pawl.ts';

const rowCount = 400;
let folder: string;
let env: NodeJS.ProcessEnv;
const hasLabel = (n: number): boolean => n % 10 !== 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-split-'));
  await mkdir(join(folder, 'datasets', 'shop'), { recursive: true });
  await mkdir(join(folder, 'models'));
  const lines = Array.from(
    { length: rowCount },
    (_, n) => `c${n},${n % 50},${hasLabel(n) ? (n % 3 === 0 ? 1 : 0) : ''}`,
  );
  await writeFile(join(folder, 'datasets', 'shop', 'rows.csv'), `id,age,left\n${lines.join('\n')}\n`);
  await writeFile(
    join(folder, 'datasets', 'shop', 'dataset.yaml'),
    `dataset: shop
source: rows.csv
licence: CC0-1.0
provenance: made for a test
key: id
target: left
columns:
  id: { type: string, kind: key }
  age: { type: integer, kind: numeric }
  left: { type: integer, kind: target, nullable: true }
`,
  );
  await writeFile(
    join(folder, 'models', 'leavers.yaml'),
    'model: leavers\ndataset: shop\nfeatures: [age]\nsplit: { by: hash, test: 0.25, validation: 0.2 }\n',
  );
  const { TEMPORAL_ADDRESS: _address, PAWL_STORE: _store, ...outer } = process.env;
  env = {
    ...outer,
    PAWL_PROJECT: folder,
    PAWL_MODELS: join(folder, 'models'),
    PAWL_HOME: join(folder, 'home'),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function idsOf(path: string): Promise<string[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(`select id from '${path}'`)).getRows().map(([id]) => String(id));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The rule of docs and code, computed by other means. */
const armOf = (key: string): 'train' | 'validation' | 'test' => {
  const u = createHash('md5').update(`pawl-split/${key}`).digest().readUInt32BE(0) / 2 ** 32;
  return u < 0.25 ? 'test' : u < 0.45 ? 'validation' : 'train';
};

describe('pawl split', { timeout: patience(60_000) }, () => {
  it('writes the labelled rows of each part, as a run splits them, and says their digests', async () => {
    const out = join(folder, 'parts');
    const manifest = await pawlJson<SplitManifest>(['split', 'leavers', out], env);
    expect(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))).toEqual(manifest);
    const keys = Array.from({ length: rowCount }, (_, n) => n)
      .filter(hasLabel)
      .map((n) => `c${n}`);
    for (const side of ['train', 'validation', 'test'] as const) {
      const { file, rows, digest } = manifest.parts[side];
      const wanted = keys.filter((key) => armOf(key) === side);
      expect((await idsOf(join(out, file))).toSorted()).toEqual(wanted.toSorted());
      expect(rows).toBe(wanted.length);
      const bytes = await readFile(join(out, file));
      expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    }
    expect(manifest.unlabelled).toBe(rowCount / 10);
    expect(manifest.undeclared).toEqual([]);
    expect(manifest.source).toBe(join(folder, 'datasets', 'shop', 'rows.csv'));
  });

  it('leaves out columns that nobody declared, and says so', async () => {
    const source = join(folder, 'more.csv');
    await writeFile(
      source,
      `id,age,left,row\n${Array.from({ length: 40 }, (_, n) => `c${n},${n},${n % 2},${n}`).join('\n')}\n`,
    );
    const out = join(folder, 'declared');
    const { stdout } = await pawl(['split', 'leavers', out, '--source', source, '--format', 'csv'], env);
    expect(stdout).toMatch(/left out +row: not declared in the dataset/);
    expect((await readFile(join(out, 'train.csv'), 'utf8')).split('\n')[0]).toBe('id,age,left');
  });

  it('writes nothing where the selection has no row, and says so', async () => {
    const source = join(folder, 'header.csv');
    await writeFile(source, 'id,age,left\n');
    const out = join(folder, 'empty');
    const { code, stderr } = await pawl(['split', 'leavers', out, '--source', source], env);
    expect(code).toBe(1);
    expect(stderr).toBe(`pawl: ${source} has no row in this selection: choose other bounds, or look at the file\n`);
    await expect(readFile(join(out, 'manifest.json'))).rejects.toThrow('ENOENT');
  });

  it('refuses keys that repeat, and rows without a label where the target is not nullable, as a run does', async () => {
    const source = join(folder, 'twice.csv');
    const lines = Array.from({ length: rowCount }, (_, n) => `c${n % 390},${n % 50},${n % 100 === 7 ? '' : n % 2}`);
    await writeFile(source, `id,age,left\n${lines.join('\n')}\n`);
    const datasets = join(folder, 'datasets');
    await mkdir(join(datasets, 'strict'), { recursive: true });
    const shop = await readFile(join(datasets, 'shop', 'dataset.yaml'), 'utf8');
    const strict = shop.replace('dataset: shop', 'dataset: strict').replace('target, nullable: true', 'target');
    await writeFile(join(datasets, 'strict', 'dataset.yaml'), strict);
    await writeFile(join(folder, 'models', 'strict.yaml'), 'model: strict\ndataset: strict\nfeatures: [age]\n');
    const out = join(folder, 'never');
    const { code, stdout, stderr } = await pawl(['split', 'strict', out, '--source', source], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `pawl: ${source}: 10 rows repeat the key id of another row; left: 1 % of the values are missing, none is allowed: ` +
        'declare it nullable: true in dataset.yaml where labels come later; rows without one are then left out and counted\n',
    );
    await expect(readFile(join(out, 'train.parquet'))).rejects.toThrow('ENOENT');
    const nullable = await pawl(['split', 'leavers', out, '--source', source], env);
    expect(nullable.stderr).toBe(`pawl: ${source}: 10 rows repeat the key id of another row\n`);
  });

  it('writes into no folder that holds something', async () => {
    const { code, stderr } = await pawl(['split', 'leavers', join(folder, 'models')], env);
    expect(code).toBe(1);
    expect(stderr).toContain('is not empty: name a new folder');
  });
});
