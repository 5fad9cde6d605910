import { afterAll, beforeAll, expect, test } from 'vitest';
import { asTexts, expectSeen, features, openWays, seenIn, type Input, type OpenWays, type Row } from './ways-in.ts';

let opened: OpenWays;
let files: OpenWays['files'];
let model: OpenWays['model'];
let ways: OpenWays['ways'];
beforeAll(async () => {
  opened = await openWays();
  ({ files, model, ways } = opened);
});
afterAll(() => opened?.close());

test.each<[string, string, string, readonly (number | null)[]]>([
  ['INT64', 'bigint', 'BIGINT', [7, -999, 8]],
  ['FP32', 'float', 'FLOAT', [7, -999, -99.9, 0.1, null]],
  ['FP64', 'double', 'DOUBLE', [7, -999, -99.9, 0.1, null]],
  ['FP64', 'decimal(9, 2)', 'DECIMAL', [7, -999, -99.9, 0.1, null]],
  ['FP64', 'decimal(38, 0)', 'whole DECIMAL', [7, -999, 8, null]],
])(
  'a number that is declared as missing is missing in tensors of %s and Parquet of %s',
  async (datatype, type, name, cells) => {
    const numbers: readonly string[] = ['rate', 'amount', 'text', ...(cells.includes(0.1) ? [] : ['code', 'count'])];
    const isNumber = (feature: string): boolean => numbers.includes(feature);
    const rows = cells.map((cell, id): Row => ({
      id,
      flag: true,
      won: true,
      code: 1,
      count: 1,
      ...Object.fromEntries(numbers.map((feature) => [feature, cell])),
    }));
    const { seen: wanted } = await ways.posted(rows);
    expect(wanted.amount.map((value) => value === null)).toEqual(
      cells.map((cell) => cell === null || cell === -999 || cell === -99.9),
    );
    const inputs = asTexts(rows).map((input): Input =>
      isNumber(input.name) ? { ...input, datatype, data: cells } : input,
    );
    expectSeen((await ways.inferred(inputs)).seen, wanted, 'OIP');
    expectSeen((await ways.inferredRaw(inputs)).seen, wanted, 'OIP raw');
    const select = features.map((feature) =>
      isNumber(feature) ? `value::${type} as ${feature}` : `${feature === 'flag' ? 'true' : '1'} as ${feature}`,
    );
    const parquet = await files.parquet(
      `missing-${type}.parquet`,
      `select id, ${select.join(', ')}, true as won from (values ${cells.map((cell, id) => `(${id}, ${cell}::double)`).join(', ')}) t(id, value)`,
    );
    expectSeen(seenIn(model.feeds(await ways.frameOf(parquet))), wanted, 'Parquet');
    expectSeen((await ways.predicted(parquet)).seen, wanted, 'pawl predict');
  },
);
