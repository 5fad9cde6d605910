import { expect, it } from 'vitest';
import { parseInferRequest } from '../../gateway/protocol/parse-request.ts';
import { readJsonItems } from '../../gateway/protocol/json.ts';
import { refusal } from './refusal.ts';

const limits = { maxJsonBytes: 2 ** 20, maxJsonValues: 50_000, maxRows: 10_000 };
const infer = (text: string): unknown => parseInferRequest(Buffer.from(text), null, limits);
const items = async (text: string): Promise<unknown[]> => {
  const all: unknown[] = [];
  await readJsonItems(Buffer.from(text), limits, (some) => all.push(...some));
  return all;
};
const tensor = '{"name":"x","datatype":"FP32","shape":[1],"data":[1]}';
const padding = (length: number): string => ' '.repeat(length);

it.each([
  ['inputs', `{"inputs":[${tensor}],"inputs":[${tensor}]}`, '"inputs" is given twice in one object: send it once'],
  ['data', `{"inputs":[${tensor.replace('}', ',"data":[2]}')}]}`, '"data" is given twice in one object'],
  ['a parameter', `{"inputs":[${tensor}],"parameters":{"a":1,"a":2}}`, '"a" is given twice in one object'],
  [
    'a parameter, far behind',
    `{"inputs":[${tensor}],${padding(20_000)}"parameters":{"a":1,"a":2}}`,
    'an object of the body has one name twice: send each once',
  ],
])('an inference request that gives %s twice is refused', (_, text, message) => {
  expect(refusal(() => infer(text))).toMatchObject({
    status: 400,
    message: expect.stringContaining(message) as string,
  });
});

it.each([
  ['a record', '{"age":1,"age":2}', '"age"'],
  ['a record, in another spelling', String.raw`{"age":1,"\u0061ge":2}`, '"age"'],
  ['a record of a list', '[{"age":1},{"age":1,"sector":"a","age":2}]', '"age"'],
  ['a record of a long list', `[${`{"age":1},`.repeat(9_000)}{"sector":"\\"","age":1,"age":2}]`, '"age"'],
  ['an object within', '{"age":{"a":":","a":1}}', '"a"'],
])('a column that is given twice in %s is refused', async (_, text, name) => {
  await expect(items(text)).rejects.toMatchObject({
    status: 400,
    message: `${name} is given twice in one object: send it once`,
  });
});

it('one name in many objects, colons in texts, and a name of objects themselves are not a repetition', async () => {
  const text = '[{"a":"b:c","d":{"a":[{"a":1},{"a":2}]}},{"a":null,"__proto__":1,"constructor":2}]';
  expect(await items(text)).toEqual(JSON.parse(text));
});
