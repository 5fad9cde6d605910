import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datasetDefinitionSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

/** What the SQL of the table engine calls its columns and tables, and names beside them that DuckDB has a meaning for. */
async function namesInSql(): Promise<string[]> {
  const folder = new URL('../../ports/table-engine/', import.meta.url);
  const found = new Set([
    's',
    'p',
    'a',
    'b',
    'line',
    'json',
    'filename',
    'file_row_number',
    'rowid',
    'select',
    'nothing',
  ]);
  for (const name of await readdir(folder)) {
    const lines = (await readFile(new URL(name, folder), 'utf8')).split('\n');
    const sql = lines.filter((line) => /`/.test(line) || /^\s+(select|from|join|where|group|order|case)\b/.test(line));
    for (const [, alias = ''] of sql.join('\n').matchAll(/\b(?:as|table|view|from|join) \(?([a-z_]+)\b/g))
      found.add(alias);
  }
  return [...found].toSorted();
}

const rows = 240;
const cells = (column: number, row: number): string =>
  column % 2 === 0 ? String(((row * 7 + column) % 23) - 5) : `code ${(row + column) % 4}`;

interface Table {
  readonly names: readonly string[];
  readonly key: string;
  readonly target: string;
}

const csvOf = ({ names, key, target }: Table): string => {
  const valueOf = (name: string, i: number, row: number): string =>
    name === key ? String(row) : name === target ? String((row * 5) % 3 === 0 ? 1 : 0) : cells(i, row);
  const lines = Array.from({ length: rows }, (_, row) => names.map((name, i) => valueOf(name, i, row)).join(','));
  return `${[names.join(','), ...lines].join('\n')}\n`;
};

const datasetOf = ({ names, key, target }: Table): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    dataset: 'clashes',
    source: 'clashes.csv',
    key,
    time: names.find((name, i) => i % 2 === 0 && name !== key && name !== target),
    target,
    columns: Object.fromEntries(
      names.map((name, i) => {
        if (name === key) return [name, { type: 'integer', kind: 'key' }];
        if (name === target) return [name, { type: 'integer', kind: 'target' }];
        return [
          name,
          i % 2 === 0 ? { type: 'integer', kind: 'numeric', min: 0 } : { type: 'string', kind: 'categorical' },
        ];
      }),
    ),
  });

let written = 0;
/** What the table engine finds of a table, its columns by their places. */
async function found(table: Table): Promise<unknown> {
  const { tables, folder } = files;
  written += 1;
  const dataset = datasetOf(table);
  const source = await files.text(`clashes-${written}.csv`, csvOf(table));
  const pathOf = (name: string): string => join(folder, `clashes-${written}-${name}`);
  const labelSpace: LabelSpace = {
    task: 'binary',
    kind: 'classes',
    target: table.target,
    rule: { type: 'integer' },
    classes: [0, 1].map((value) => ({ value, code: String(value) })),
  };
  const facts = await tables.describeFile({ source, target: table.target, missing: ['NA'], times: ['%d.%m.%Y'] });
  const path = pathOf('snapshot.parquet');
  const selection = { from: 0, limit: 200 };
  const { rowCount, timeRange } = await tables.writeSnapshot({ source, dataset, selection, target: path });
  const profile = await tables.profile({ path, dataset, reference: path });
  const features = table.names.filter((name) => name !== table.target);
  const frames = [];
  for (const by of ['hash', 'time', 'stratified', 'group'] as const) {
    const rule = { by, test: 0.3, validation: 0.2, group: features[1]! };
    const split = { rule, side: 'test' } as const;
    const frame = await tables.readFrame({
      path,
      dataset,
      columns: [...table.names],
      split,
      labelled: true,
      limit: 50,
    });
    frames.push(Object.values(frame.columns), await tables.countSeen({ path, dataset, split, seen: [path, source] }));
  }
  const targets = { train: pathOf('train.csv'), validation: pathOf('validation.csv'), test: pathOf('test.csv') };
  const rule = { by: 'time', test: 0.3, validation: 0.2 } as const;
  const sides = await tables.writeSides({ path, dataset, labelSpace, rule, targets });
  const answers = pathOf('answers.ndjson');
  const predicted = await tables.predictFile({
    source,
    target: answers,
    signature: {
      inputs: features.map((name) => ({
        name,
        type: dataset.columns[name]!.type === 'string' ? 'string' : 'float32',
        shape: [null, 1],
      })),
      outputs: [],
    },
    dataset,
    labelSpace,
    strict: true,
    version: 1,
    run: async ({ rowCount, columns }): Promise<Record<string, Tensor>> => {
      const data = BigInt64Array.from(columns[table.key]!.values as Float64Array, (id) => BigInt(id) % 2n);
      return { label: { type: 'int64', shape: [rowCount], data } };
    },
    onRows: () => {},
  });
  const numbered = pathOf('numbered.csv');
  await tables.numberRows({ source, target: numbered, column: 'numbered', csv: {} });
  const lines = async (file: string): Promise<unknown> => (await readFile(file, 'utf8')).split('\n').slice(1);
  const all = {
    facts,
    rowCount,
    timeRange,
    profile,
    frames,
    sides,
    predicted,
    train: await lines(targets.train),
    numbered: await lines(numbered),
    answers: (await readFile(answers, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => Object.values(JSON.parse(line) as object)),
  };
  const places = new Map(table.names.map((name, i) => [name, `column ${i}`]));
  return JSON.parse(JSON.stringify(all), (key, value: unknown) => {
    const isName = key === 'name' || key === 'column' || key === 'column_name';
    if (isName && typeof value === 'string') return places.get(value);
    if (['missing', 'outside', 'unknown'].includes(key) && value !== null && typeof value === 'object')
      return Object.entries(value).map(([name, count]) => [places.get(name), count]);
    return value;
  });
}

describe('columns that are called as the SQL of the table engine calls its own', { timeout: 300_000 }, () => {
  test('are read as any others', async () => {
    const all = await namesInSql();
    expect(all).toEqual(
      expect.arrayContaining(['label', 'y', 'own', 'x', 'value', 'code', 'n', 'pawl_said', 'cells', 'described']),
    );
    const names = all.filter((name) => !['prediction', 'probability', 'model_version'].includes(name));
    const plain = names.map((_, i) => `plain_${i}`);
    const [key, target] = [names.indexOf('code'), names.indexOf('label')];
    expect(await found({ names, key: names[key]!, target: names[target]! })).toEqual(
      await found({ names: plain, key: plain[key]!, target: plain[target]! }),
    );
  });
});
