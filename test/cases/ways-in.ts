import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cell } from '../../contracts/data/cell.ts';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { columnSchema, datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { createWorld, post } from '../gateway/harness.ts';
import { tinyDefinition } from '../gateway/models.ts';

/** Words, and numbers that mean "missing" however they are written and typed. */
const words = ['NA', '-', '-999', '-99.9', '12345678901234567891'];
const shared = { nullable: true, missing: words } as const;
export const dataset = datasetDefinitionSchema.parse({
  dataset: 'ways',
  source: 'ways.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'won',
  columns: {
    id: { type: 'integer', kind: 'key' },
    text: columnSchema.parse({ type: 'string', kind: 'categorical', ...shared }),
    code: columnSchema.parse({ type: 'integer', kind: 'categorical', ...shared }),
    rate: columnSchema.parse({ type: 'number', kind: 'categorical', ...shared }),
    flag: columnSchema.parse({ type: 'boolean', kind: 'categorical', ...shared }),
    count: columnSchema.parse({ type: 'integer', kind: 'numeric', ...shared }),
    amount: columnSchema.parse({ type: 'number', kind: 'numeric', ...shared }),
    won: columnSchema.parse({ type: 'boolean', kind: 'target', nullable: true }),
  },
});
export const features = ['text', 'code', 'rate', 'flag', 'count', 'amount'] as const;
export type Feature = (typeof features)[number];
export const isNumeric = (name: Feature): boolean => dataset.columns[name]!.kind === 'numeric';
export const classes = labelSpaceOf({ ...tinyDefinition }, dataset);

/** Answers yes to `flag` true, with a probability by `count`, and says what it was given. */
export function echo(): Uint8Array {
  const g = new GraphBuilder('echo');
  const inputs = new Map<Feature, string>();
  for (const name of features) inputs.set(name, g.input(name, isNumeric(name) ? 'float32' : 'string', ['batch', 1]));
  for (const name of features)
    g.output(
      g.node('Identity', [inputs.get(name)!], {}, { output: `${name}_seen` }),
      isNumeric(name) ? 'float32' : 'string',
      ['batch', 1],
    );
  const isYes = g.node(
    'LabelEncoder',
    [inputs.get('flag')!],
    { keys_strings: { strings: ['true'] }, values_floats: { floats: [0.9] }, default_float: { float: 0.2 } },
    { domain: mlDomain },
  );
  const negative = g.node('Sub', [g.scalar('one', 1), isYes]);
  g.output(g.node('Concat', [negative, isYes], { axis: { int: 1 } }), 'float32', ['batch', 2], 'probabilities');
  const yes = g.node('GreaterOrEqual', [isYes, g.scalar('half', 0.5)]);
  g.output(
    g.node('Cast', [g.node('Reshape', [yes, g.ints('flat', [-1])])], { to: { int: 7 } }),
    'int64',
    ['batch'],
    'label',
  );
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

/** What a model was given by one way, by column; a missing number is null. */
export type Seen = Record<Feature, (string | number | null)[]>;

export const seenIn = (tensors: Readonly<Record<string, Tensor>>): Seen =>
  Object.fromEntries(
    features.map((name) => [
      name,
      Array.from<unknown, string | number | null>(tensors[name]!.data as ArrayLike<unknown>, (value) =>
        typeof value === 'string' ? value : Number.isNaN(value) ? null : Number(value) + 0,
      ),
    ]),
  ) as Seen;

/** Numbers as answers print them: float32 in its shortest digits. */
export function expectSeen(found: Seen, wanted: Seen, way: string): void {
  for (const name of features) {
    const differing = wanted[name].flatMap((value, row) => {
      const other = found[name][row] ?? null;
      const isSame =
        typeof value === 'number' && typeof other === 'number'
          ? Math.fround(value) === Math.fround(other)
          : value === other;
      return isSame ? [] : [{ way, name, row, wanted: value, found: other }];
    });
    expect(differing.slice(0, 3)).toEqual([]);
  }
}

let written = 0;
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
export type Row = Readonly<Record<string, Cell>>;
const columnsOf = (rows: readonly Row[]): string[] => Object.keys(rows[0]!);
const textIn = (cell: Cell): string => (cell === null || cell === undefined ? '' : String(cell));

export interface Answers {
  readonly seen: Seen;
  readonly labels: number[];
}

export type Input = { name: string; datatype: string; shape: number[]; data: readonly unknown[] };
const answersOf = (outputs: readonly { name: string; data: unknown[] }[]): Answers => {
  const of = (name: string): unknown[] => outputs.find((output) => output.name === name)!.data;
  return {
    seen: Object.fromEntries(
      features.map((name) => [
        name,
        of(`${name}_seen`).map((value) => (typeof value === 'number' ? value + 0 : value)),
      ]),
    ) as Seen,
    labels: of('label') as number[],
  };
};

export const asTexts = (rows: readonly Row[]): Input[] =>
  features.map((name) => ({
    name,
    datatype: 'BYTES',
    shape: [rows.length, 1],
    data: rows.map((row) => textIn(row[name])),
  }));

export interface WayIn {
  readonly files: TableFiles;
  readonly gateway: Gateway;
  readonly model: LoadedModel;
}

/** Writes rows as files of each kind, and brings them to a model by each way. */
export function waysIn({ files, gateway, model }: WayIn) {
  async function csvOf(rows: readonly Row[]): Promise<string> {
    const names = columnsOf(rows);
    const lines = rows.map((row) =>
      names.map((name) => (row[name] === null ? '' : quoted(textIn(row[name])))).join(','),
    );
    return files.text(`ways-${written++}.csv`, `${[names.join(','), ...lines].join('\n')}\n`);
  }
  const ndjsonOf = (rows: readonly Row[]): Promise<string> =>
    files.text(`ways-${written++}.ndjson`, rows.map((row) => JSON.stringify(row)).join('\n'));
  /** All columns are text, as other programs write what they do not know. */
  async function parquetOf(rows: readonly Row[]): Promise<string> {
    const source = await csvOf(rows);
    return files.parquet(
      `ways-${written++}.parquet`,
      `select * from read_csv('${source}', all_varchar = true, quote = '"', nullstr = '\\N', header = true)`,
    );
  }

  /** As training and evaluation read a file. */
  async function frameOf(source: string): Promise<Frame> {
    const target = join(files.folder, `snapshot-${written++}.parquet`);
    await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
    return files.tables.readFrame({ path: target, dataset, columns: [...features, 'won'] });
  }

  /** As `pawl predict` reads a file; also what it answers. */
  async function predicted(source: string): Promise<{ seen: Seen; labels: number[] }> {
    const feeds: Record<string, Tensor>[] = [];
    const labels: number[] = [];
    await files.tables.predictFile({
      source,
      target: join(files.folder, `predicted-${written++}.parquet`),
      signature: model.signature,
      dataset,
      labelSpace: classes,
      strict: true,
      version: 1,
      run: async (frame) => {
        feeds.push(model.feeds(frame));
        const outputs = await model.run(feeds.at(-1)!);
        labels.push(...Array.from(outputs.label!.data as BigInt64Array, Number));
        return outputs;
      },
      onRows: () => {},
    });
    const parts = feeds.map(seenIn);
    const seen = Object.fromEntries(features.map((name) => [name, parts.flatMap((part) => part[name])])) as Seen;
    return { seen, labels };
  }

  async function posted(rows: readonly Row[]): Promise<Answers & { ids: string[] }> {
    const { status, body } = await post(
      `${gateway.url}/predict/tiny`,
      rows.map((row) => Object.fromEntries(features.map((name) => [name, row[name]]))),
    );
    expect([status, body.error]).toEqual([200, undefined]);
    const predictions = body.predictions as Record<string, string | number | null>[];
    const seen = Object.fromEntries(
      features.map((name) => [name, predictions.map((row) => row[`${name}_seen`] ?? null)]),
    ) as Seen;
    return {
      seen,
      labels: predictions.map(({ label }) => Number(label)),
      ids: predictions.map((row) => String(row.request_id)),
    };
  }

  async function inferred(inputs: readonly Input[]): Promise<Answers> {
    const { status, body } = await post(`${gateway.url}/v2/models/tiny/infer`, { inputs });
    expect([status, body.error]).toEqual([200, undefined]);
    return answersOf(body.outputs as { name: string; data: unknown[] }[]);
  }

  /** The same tensors as raw bytes behind the JSON. */
  async function inferredRaw(inputs: readonly Input[]): Promise<Answers> {
    const raw = inputs.map(({ datatype, data }): Buffer => {
      if (datatype === 'BOOL') return Buffer.from(data.map(Number));
      if (datatype === 'INT64') return Buffer.from(BigInt64Array.from(data, (value) => BigInt(Number(value))).buffer);
      if (datatype === 'FP32')
        return Buffer.from(new Float32Array(data.map((value) => (value === null ? Number.NaN : Number(value)))).buffer);
      if (datatype === 'FP64')
        return Buffer.from(new Float64Array(data.map((value) => (value === null ? Number.NaN : Number(value)))).buffer);
      return Buffer.concat(
        data.map((value) => {
          const text = Buffer.from(String(value));
          const size = Buffer.alloc(4);
          size.writeUInt32LE(text.length);
          return Buffer.concat([size, text]);
        }),
      );
    });
    const heads = inputs.map(({ name, datatype, shape }, i) => ({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: raw[i]!.length },
    }));
    const head = Buffer.from(JSON.stringify({ inputs: heads }));
    const response = await fetch(`${gateway.url}/v2/models/tiny/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(head.length), 'content-type': 'application/octet-stream' },
      body: Buffer.concat([head, ...raw]),
    });
    const body = (await response.json()) as { error?: string; outputs: { name: string; data: unknown[] }[] };
    expect([response.status, body.error]).toEqual([200, undefined]);
    return answersOf(body.outputs);
  }

  return { csvOf, ndjsonOf, parquetOf, frameOf, predicted, posted, inferred, inferredRaw };
}

/** A gateway that serves the echo of all features, the same model in this process, and the ways into both. */
export async function openWays() {
  const files = await tableFiles();
  const world = await createWorld();
  await world.addVersion(echo(), 'tiny', {}, false, dataset);
  await world.deploy({ champion: 1 });
  const gateway = await world.gateway();
  const model = await createOnnxInference().load(echo());
  return {
    files,
    world,
    gateway,
    model,
    ways: waysIn({ files, gateway, model }),
    async close(): Promise<void> {
      await model.release();
      await world.close();
      await files.remove();
    },
  };
}
export type OpenWays = Awaited<ReturnType<typeof openWays>>;
