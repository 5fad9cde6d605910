import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelsOf } from '../../activities/rows.ts';
import { codeOf, isOfType, type Cell } from '../../contracts/cell.ts';
import { classesOf } from '../../contracts/classes.ts';
import { columnSchema, datasetDefinitionSchema } from '../../contracts/dataset.ts';
import type { Frame } from '../../contracts/frame.ts';
import type { Tensor } from '../../contracts/tensor.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createOnnxInference } from '../../ports/inference/onnx.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { createWorld, post, until, type World } from '../gateway/harness.ts';
import { tinyDefinition } from '../gateway/models.ts';

const words = ['NA', '-'];
const shared = { nullable: true, missing: words } as const;
const dataset = datasetDefinitionSchema.parse({
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
const features = ['text', 'code', 'rate', 'flag', 'count', 'amount'] as const;
type Feature = (typeof features)[number];
const isNumeric = (name: Feature): boolean => dataset.columns[name]!.kind === 'numeric';
const classes = classesOf({ ...tinyDefinition }, dataset);

/** Answers yes to `flag` true, with a probability by `count`, and says what it was given. */
function echo(): Uint8Array {
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

let files: TableFiles;
let world: World;
let gateway: Gateway;
let model: LoadedModel;
beforeAll(async () => {
  files = await tableFiles();
  world = await createWorld();
  await world.addVersion(echo(), 'tiny', {}, false, dataset);
  await world.deploy({ champion: 1 });
  gateway = await world.gateway();
  model = await createOnnxInference().load(echo());
});
afterAll(async () => {
  await model?.release();
  await world?.close();
  await files?.remove();
});

/** What a model was given by one way, by column; a missing number is null. */
type Seen = Record<Feature, (string | number | null)[]>;

const seenIn = (tensors: Readonly<Record<string, Tensor>>): Seen =>
  Object.fromEntries(
    features.map((name) => [
      name,
      Array.from<unknown, string | number | null>(tensors[name]!.data as ArrayLike<unknown>, (value) =>
        typeof value === 'string' ? value : Number.isNaN(value) ? null : Number(value) + 0,
      ),
    ]),
  ) as Seen;

let written = 0;
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
type Row = Readonly<Record<string, Cell>>;
const columnsOf = (rows: readonly Row[]): string[] => Object.keys(rows[0]!);
const textIn = (cell: Cell): string => (cell === null || cell === undefined ? '' : String(cell));

async function csvOf(rows: readonly Row[]): Promise<string> {
  const names = columnsOf(rows);
  const lines = rows.map((row) => names.map((name) => (row[name] === null ? '' : quoted(textIn(row[name])))).join(','));
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

interface Answers {
  readonly seen: Seen;
  readonly labels: number[];
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

type Input = { name: string; datatype: string; shape: number[]; data: readonly unknown[] };
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

async function inferred(inputs: readonly Input[]): Promise<Answers> {
  const { status, body } = await post(`${gateway.url}/v2/models/tiny/infer`, { inputs });
  expect([status, body.error]).toEqual([200, undefined]);
  return answersOf(body.outputs as { name: string; data: unknown[] }[]);
}

/** The same tensors as raw bytes behind the JSON. */
async function inferredRaw(inputs: readonly Input[]): Promise<Answers> {
  const raw = inputs.map(({ datatype, data }): Buffer => {
    if (datatype === 'BOOL') return Buffer.from(data.map(Number));
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
  const heads = inputs.map(({ data: _, ...head }, i) => ({
    ...head,
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

const asTexts = (rows: readonly Row[]): Input[] =>
  features.map((name) => ({
    name,
    datatype: 'BYTES',
    shape: [rows.length, 1],
    data: rows.map((row) => textIn(row[name])),
  }));

const digits = fc.stringMatching(/^[+-]?0{0,2}\d{1,17}(\.0*)?$/);
const missing = fc.constantFrom('', 'NA', '-');
const blank = fc.constantFrom('  ', 'NaN', ' NA ');
const truths = fc.constantFrom(
  'true',
  'True',
  'T',
  'yes',
  'Y',
  'ON',
  '1',
  '1.0',
  'false',
  'FALSE',
  'f',
  'No',
  'n',
  'off',
  '0',
  '0.0',
  ' true ',
);
const decimals = fc.oneof(
  digits,
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }).map(String),
  fc.constantFrom('.5', '1.', '1e-5', '1E3', '0.00001', '1.50', ' 7 ', '-0.0'),
);
const short = fc.stringMatching(/^ ?[+-]?\d{1,6}(\.0*)?$/);
const spelled = fc.record({
  text: fc.oneof(
    missing,
    fc.string({ maxLength: 8, unit: fc.constantFrom(...Array.from('aB0.1-_ ,"é;NA')) }),
    decimals,
    truths,
  ),
  code: fc.oneof(
    missing,
    blank,
    digits,
    fc.constantFrom('1e3', '1E22', '9007199254740993', '00501', '1e16', '10000000000000000'),
  ),
  rate: fc.oneof(missing, blank, decimals),
  flag: fc.oneof(missing, blank, truths),
  count: fc.oneof(missing, blank, short, fc.constantFrom('1e3', '+7')),
  amount: fc.oneof(missing, blank, decimals),
  won: truths,
});
const seed = Math.floor(Math.random() * 2 ** 31);

test(`spelled cells reach a model alike by every way in, and get the same answers (seed ${seed})`, async () => {
  const rows = fc.sample(spelled, { numRuns: 900, seed }).map((row, id): Row => ({ id, ...row }));
  const { seen: wanted, labels } = await posted(rows);
  // One reference by the rule itself, so that no common fault of the ways hides.
  for (const name of features.filter((feature) => !isNumeric(feature)))
    expect(wanted[name]).toEqual(rows.map((row) => codeOf(row[name], dataset.columns[name]!)));
  for (const source of [await csvOf(rows), await ndjsonOf(rows), await parquetOf(rows)]) {
    const frame = await frameOf(source);
    expectSeen(seenIn(model.feeds(frame)), wanted, source);
    const { seen, labels: answered } = await predicted(source);
    expectSeen(seen, wanted, `pawl predict ${source}`);
    expect(answered).toEqual(labels);
  }
  for (const [way, answers] of [
    ['OIP', await inferred(asTexts(rows))],
    ['OIP raw', await inferredRaw(asTexts(rows))],
  ] as const) {
    expectSeen(answers.seen, wanted, way);
    expect(answers.labels).toEqual(labels);
  }
});

/** Numbers as answers print them: float32 in its shortest digits. */
function expectSeen(found: Seen, wanted: Seen, way: string): void {
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

/** A JSON number that both JSON and a double keep. */
const kept = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), fc.integer())
  .map((number) => number + 0);
const typed = fc.record({
  text: fc.oneof(fc.constant(null), kept, fc.boolean(), fc.constantFrom('null', 'true', 'x')),
  code: fc.oneof(fc.constant(null), fc.integer()),
  rate: fc.oneof(fc.constant(null), kept),
  flag: fc.boolean(),
  count: fc.oneof(fc.constant(null), fc.integer({ min: -99_999, max: 99_999 })),
  amount: fc.oneof(fc.constant(null), kept),
});

test(`typed cells reach a model alike from JSON, NDJSON, Parquet and typed tensors (seed ${seed})`, async () => {
  const rows = fc.sample(typed, { numRuns: 900, seed }).map((row, id): Row => ({ id, ...row, won: true }));
  const { seen: wanted, labels } = await posted(rows);
  const ndjson = await ndjsonOf(rows);
  const numbers =
    'code::bigint as code, rate::double as rate, flag::boolean as flag, count::integer as count, amount::double as amount';
  const parquet = await files.parquet(
    'typed.parquet',
    `select id, text, ${numbers}, true as won from read_csv('${await csvOf(rows)}', all_varchar = true, header = true)`,
  );
  expectSeen(seenIn(model.feeds(await frameOf(ndjson))), wanted, 'NDJSON');
  expectSeen((await predicted(ndjson)).seen, wanted, 'pawl predict NDJSON');
  const others = features.filter((name) => name !== 'text');
  const ofParquet = { ...wanted, text: seenIn(model.feeds(await frameOf(parquet))).text };
  expectSeen(seenIn(model.feeds(await frameOf(parquet))), ofParquet, 'Parquet');
  expectSeen((await predicted(parquet)).seen, ofParquet, 'pawl predict Parquet');
  const tensors = others.map((name): Input => ({
    name,
    datatype: name === 'flag' ? 'BOOL' : 'FP64',
    shape: [rows.length, 1],
    data: rows.map((row) => row[name] ?? null),
  }));
  const texts = asTexts(rows).filter(({ name }) => name === 'text');
  const ofTensors = { ...wanted, text: rows.map((row) => textIn(row['text'])) };
  for (const [way, answers] of [
    ['OIP typed', await inferred([...tensors, ...texts])],
    ['OIP typed raw', await inferredRaw([...tensors, ...texts])],
  ] as const) {
    expectSeen(answers.seen, ofTensors, way);
    expect(answers.labels).toEqual(labels);
  }
});

test(`numbers of a text column have one code, whatever tensors and files bring them (seed ${seed})`, async () => {
  const numbers = fc.sample(fc.oneof(kept, fc.constantFrom(1e-5, 0.00012, 1e-7, 21, 1e15)), { numRuns: 300, seed });
  const rows = numbers.map((text, id): Row => ({
    id,
    text,
    code: 1,
    rate: 1,
    flag: true,
    count: 1,
    amount: 1,
    won: true,
  }));
  const { seen: wanted } = await posted(rows);
  const others = asTexts(rows).filter(({ name }) => name !== 'text');
  const tensor = { name: 'text', datatype: 'FP64', shape: [rows.length, 1], data: numbers };
  expect((await inferred([...others, tensor])).seen.text).toEqual(wanted.text);
  expect((await inferredRaw([...others, tensor])).seen.text).toEqual(wanted.text);
  expect(seenIn(model.feeds(await frameOf(await ndjsonOf(rows)))).text).toEqual(wanted.text);
  const literals = numbers.map((number, id) => `(${id}, ${number}::double)`).join(', ');
  const parquet = await files.parquet(
    'numbers.parquet',
    `select id, text, '1' as code, '1' as rate, 'true' as flag, '1' as count, '1' as amount, true as won from (values ${literals}) t(id, text)`,
  );
  expect(seenIn(model.feeds(await frameOf(parquet))).text).toEqual(wanted.text);
});

test(`a cell that one way refuses is refused by all (seed ${seed})`, async () => {
  const odd = fc.string({ maxLength: 6, unit: fc.constantFrom(...Array.from('0123456789+-.eEinfNA trueyo_')) });
  const texts = fc.sample(odd, { numRuns: 60, seed });
  for (const name of ['code', 'rate', 'flag', 'count', 'amount'] as const)
    for (const text of texts) {
      const column = dataset.columns[name]!;
      const code = codeOf(text, column);
      const isRead =
        code === '' || (isOfType(code, column.type) && (column.kind === 'categorical' || !code.endsWith('inf')));
      const row: Row = { id: 1, text: 'x', code: 1, rate: 1, flag: true, count: 1, amount: 1, won: true, [name]: text };
      const record = await post(
        `${gateway.url}/predict/tiny`,
        Object.fromEntries(features.map((key) => [key, row[key]])),
      );
      const tensors = await post(`${gateway.url}/v2/models/tiny/infer`, { inputs: asTexts([row]) });
      expect([name, text, record.status, tensors.status]).toEqual([name, text, ...(isRead ? [200, 200] : [400, 400])]);
    }
  for (const name of ['code', 'rate', 'flag', 'count', 'amount'] as const) {
    const column = dataset.columns[name]!;
    const rows = texts.map((text, id): Row => ({
      id,
      text: 'x',
      code: 1,
      rate: 1,
      flag: true,
      count: 1,
      amount: 1,
      won: true,
      [name]: text,
    }));
    const source = await csvOf(rows);
    const snapshot = join(files.folder, `odd-${name}.parquet`);
    await files.tables.writeSnapshot({ source, dataset, selection: {}, target: snapshot });
    const { columns } = await files.tables.profile({ path: snapshot, dataset, reference: null });
    const wrong = texts.filter((text) => {
      const code = codeOf(text, column);
      return code !== '' && !isOfType(code, column.type);
    }).length;
    expect([name, columns.find((found) => found.column === name)?.wrongType]).toEqual([name, wrong]);
    await expect(predicted(source)).rejects.toThrow(`of "${name}" cannot be read as ${column.type}`);
  }
});

test(`labels come back to the rows that they are of, as evaluation joins them (seed ${seed})`, async () => {
  const rows = fc.sample(spelled, { numRuns: 200, seed }).map((row, id): Row => ({ id, ...row }));
  const from = Date.now();
  const { seen, labels, ids } = await posted(rows);
  const feedback = rows.map((row, i) => ({ request_id: ids[i], label: row['won'] }));
  expect((await post(`${gateway.url}/feedback`, feedback)).status).toBe(202);
  const frame = await frameOf(await csvOf(rows));
  const truths_ = labelsOf(frame, classes);
  const right = labels.filter((label, row) => label === truths_[row]).length;
  const log = createPredictionLog({ store: world.store });
  const live = () => log.live({ model: 'tiny', from, to: Date.now() + 1, columns: features, classes });
  await until('all labels are in the store', async () => (await live()).right.length === rows.length);
  const { right: hits, inputs } = await live();
  expect(hits.reduce((sum, hit) => sum + hit, 0)).toBe(right);
  for (const name of features) expect(inputs.columns[name]?.values.length).toBe(rows.length);
  expect([...(inputs.columns.code?.values ?? [])].map(String).toSorted()).toEqual(seen.code.map(String).toSorted());
});
