import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { truthOf } from '../../activities/support/labelled-rows.ts';
import { codeOf, float32Limit, isOfType, readNumeral } from '../../contracts/data/cell.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { post, until } from '../gateway/harness.ts';
import {
  asTexts,
  classes,
  dataset,
  expectSeen,
  features,
  isNumeric,
  openWays,
  seenIn,
  type Input,
  type OpenWays,
  type Row,
} from './ways-in.ts';

let opened: OpenWays;
let files: OpenWays['files'];
let world: OpenWays['world'];
let gateway: OpenWays['gateway'];
let model: OpenWays['model'];
let ways: OpenWays['ways'];
beforeAll(async () => {
  opened = await openWays();
  ({ files, world, gateway, model, ways } = opened);
});
afterAll(() => opened?.close());

const digits = fc.stringMatching(/^[+-]?0{0,2}\d{1,17}(\.0*)?$/);
const missing = fc.constantFrom('', 'NA', '-', '-999', '-99.9');
const blank = fc.constantFrom(
  '  ',
  'NaN',
  ' NA ',
  '-999.0',
  ' -999',
  '-9.99e2',
  '-99.90',
  '-0999',
  '12345678901234567891.0',
);
/** Numbers that the dataset takes as missing. */
const sentinels = fc.constantFrom(-999, -99.9);
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
  const { seen: wanted, labels } = await ways.posted(rows);
  // One reference by the rule itself, so that no common fault of the ways hides.
  for (const name of features.filter((feature) => !isNumeric(feature)))
    expect(wanted[name]).toEqual(rows.map((row) => codeOf(row[name], dataset.columns[name]!)));
  for (const source of [await ways.csvOf(rows), await ways.ndjsonOf(rows), await ways.parquetOf(rows)]) {
    const frame = await ways.frameOf(source);
    expectSeen(seenIn(model.feeds(frame)), wanted, source);
    const { seen, labels: answered } = await ways.predicted(source);
    expectSeen(seen, wanted, `pawl predict ${source}`);
    expect(answered).toEqual(labels);
  }
  for (const [way, answers] of [
    ['OIP', await ways.inferred(asTexts(rows))],
    ['OIP raw', await ways.inferredRaw(asTexts(rows))],
  ] as const) {
    expectSeen(answers.seen, wanted, way);
    expect(answers.labels).toEqual(labels);
  }
});

/** A JSON number that both JSON and a double keep. */
const kept = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), fc.integer())
  .map((number) => number + 0);
const typed = fc.record({
  text: fc.oneof(fc.constant(null), kept, sentinels, fc.boolean(), fc.constantFrom('null', 'true', 'x')),
  code: fc.oneof(fc.constant(null), fc.integer(), fc.constant(-999)),
  rate: fc.oneof(fc.constant(null), kept, sentinels),
  flag: fc.boolean(),
  count: fc.oneof(fc.constant(null), fc.integer({ min: -99_999, max: 99_999 }), fc.constant(-999)),
  amount: fc.oneof(fc.constant(null), kept, sentinels),
});

test(`typed cells reach a model alike from JSON, NDJSON, Parquet and typed tensors (seed ${seed})`, async () => {
  const rows = fc.sample(typed, { numRuns: 900, seed }).map((row, id): Row => ({ id, ...row, won: true }));
  const { seen: wanted, labels } = await ways.posted(rows);
  const ndjson = await ways.ndjsonOf(rows);
  const numbers =
    'code::bigint as code, rate::double as rate, flag::boolean as flag, count::integer as count, amount::double as amount';
  const parquet = await files.parquet(
    'typed.parquet',
    `select id, text, ${numbers}, true as won from read_csv('${await ways.csvOf(rows)}', all_varchar = true, header = true)`,
  );
  expectSeen(seenIn(model.feeds(await ways.frameOf(ndjson))), wanted, 'NDJSON');
  expectSeen((await ways.predicted(ndjson)).seen, wanted, 'pawl predict NDJSON');
  const others = features.filter((name) => name !== 'text');
  const ofParquet = { ...wanted, text: seenIn(model.feeds(await ways.frameOf(parquet))).text };
  expectSeen(seenIn(model.feeds(await ways.frameOf(parquet))), ofParquet, 'Parquet');
  expectSeen((await ways.predicted(parquet)).seen, ofParquet, 'pawl predict Parquet');
  const tensors = others.map((name): Input => ({
    name,
    datatype: name === 'flag' ? 'BOOL' : 'FP64',
    shape: [rows.length, 1],
    data: rows.map((row) => row[name] ?? null),
  }));
  const texts = asTexts(rows).filter(({ name }) => name === 'text');
  const ofTensors = {
    ...wanted,
    text: rows.map(({ text }) => codeOf(text === null ? null : String(text), dataset.columns.text!)),
  };
  for (const [way, answers] of [
    ['OIP typed', await ways.inferred([...tensors, ...texts])],
    ['OIP typed raw', await ways.inferredRaw([...tensors, ...texts])],
  ] as const) {
    expectSeen(answers.seen, ofTensors, way);
    expect(answers.labels).toEqual(labels);
  }
});

test(`numbers of a text column have one code, in any tensor and file (seed ${seed})`, async () => {
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
  const { seen: wanted } = await ways.posted(rows);
  const others = asTexts(rows).filter(({ name }) => name !== 'text');
  const tensor = { name: 'text', datatype: 'FP64', shape: [rows.length, 1], data: numbers };
  expect((await ways.inferred([...others, tensor])).seen.text).toEqual(wanted.text);
  expect((await ways.inferredRaw([...others, tensor])).seen.text).toEqual(wanted.text);
  expect(seenIn(model.feeds(await ways.frameOf(await ways.ndjsonOf(rows)))).text).toEqual(wanted.text);
  const literals = numbers.map((number, id) => `(${id}, '${number}'::double)`).join(', ');
  const parquet = await files.parquet(
    'numbers.parquet',
    `select id, text, '1' as code, '1' as rate, 'true' as flag, '1' as count, '1' as amount, true as won from (values ${literals}) t(id, text)`,
  );
  expect(seenIn(model.feeds(await ways.frameOf(parquet))).text).toEqual(wanted.text);
});

test(`a cell that one way refuses is refused by all (seed ${seed})`, async () => {
  const odd = fc.string({ maxLength: 6, unit: fc.constantFrom(...Array.from('0123456789+-.eEinfNA trueyo_\0')) });
  const texts = fc.sample(odd, { numRuns: 60, seed });
  for (const name of features)
    for (const text of texts) {
      const column = dataset.columns[name]!;
      const code = codeOf(text, column);
      // A model takes numbers as float32.
      const fits = column.kind === 'categorical' || Math.abs(readNumeral(code) ?? Infinity) < float32Limit;
      const isRead = code === '' || (isOfType(code, column.type) && fits);
      const row: Row = { id: 1, text: 'x', code: 1, rate: 1, flag: true, count: 1, amount: 1, won: true, [name]: text };
      const record = await post(
        `${gateway.url}/predict/tiny`,
        Object.fromEntries(features.map((key) => [key, row[key]])),
      );
      const tensors = await post(`${gateway.url}/v2/models/tiny/infer`, { inputs: asTexts([row]) });
      expect([name, text, record.status, tensors.status]).toEqual([name, text, ...(isRead ? [200, 200] : [400, 400])]);
    }
  for (const name of features) {
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
    const source = await ways.csvOf(rows);
    const snapshot = join(files.folder, `odd-${name}.parquet`);
    await files.tables.writeSnapshot({ source, dataset, selection: {}, target: snapshot });
    const { columns } = await files.tables.profile({ path: snapshot, dataset, reference: null });
    const wrong = texts.filter((text) => {
      const code = codeOf(text, column);
      return code !== '' && !isOfType(code, column.type);
    }).length;
    expect([name, columns.find((found) => found.column === name)?.wrongType]).toEqual([name, wrong]);
    await expect(ways.predicted(source)).rejects.toThrow(`of "${name}" cannot be read as ${column.type}`);
  }
});

test(`labels come back to the rows that they are of, as evaluation joins them (seed ${seed})`, async () => {
  const rows = fc.sample(spelled, { numRuns: 200, seed }).map((row, id): Row => ({ id, ...row }));
  const from = Date.now();
  const { seen, labels, ids } = await ways.posted(rows);
  const feedback = rows.map((row, i) => ({ request_id: ids[i], label: row['won'] }));
  expect((await post(`${gateway.url}/feedback`, feedback)).status).toBe(202);
  const frame = await ways.frameOf(await ways.csvOf(rows));
  const truths_ = truthOf(frame, classes);
  const right = labels.filter((label, row) => label === truths_[row]).length;
  const log = createPredictionLog({ store: world.store });
  const live = () => log.live({ model: 'tiny', from, to: Date.now() + 1, columns: features, labelSpace: classes });
  await until('all labels are in the store', async () => (await live()).right.length === rows.length);
  const { right: hits, inputs } = await live();
  expect(hits.reduce((sum, hit) => sum + hit, 0)).toBe(right);
  for (const name of features) expect(inputs.columns[name]?.values.length).toBe(rows.length);
  expect([...(inputs.columns.code?.values ?? [])].map(String).toSorted()).toEqual(seen.code.map(String).toSorted());
});
