import { afterAll, beforeAll, expect, it } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createWorld, get, post, type World } from './harness.ts';

const dataset = datasetDefinitionSchema.parse({
  dataset: 'described',
  source: 'rows.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'y',
  columns: {
    id: { type: 'integer', kind: 'key' },
    y: { type: 'integer', kind: 'target' },
    member: { type: 'boolean', kind: 'categorical' },
    plan: { type: 'string', kind: 'categorical', allowed: ['basic', 'pro'], description: 'What they pay for' },
    code: { type: 'integer', kind: 'categorical', allowed: ['01', '2'], nullable: true },
    wide: { type: 'integer', kind: 'categorical', allowed: ['9007199254740993'] },
    age: { type: 'integer', kind: 'numeric', min: 18, max: 120 },
    ratio: { type: 'number', kind: 'numeric', min: 0.25, max: 0.5 },
    free: { type: 'string', kind: 'categorical' },
    amount: { type: 'number', kind: 'numeric', nullable: true },
  },
});
const inputs = {
  member: 'string',
  plan: 'string',
  code: 'string',
  wide: 'string',
  age: 'float32',
  ratio: 'float32',
  free: 'string',
  amount: 'float32',
} as const;

function echo(types: Readonly<Record<string, 'string' | 'float32' | 'int64' | 'bool'>>): Uint8Array {
  const g = new GraphBuilder('echo');
  for (const [name, type] of Object.entries(types))
    g.output(g.node('Identity', [g.input(name, type, ['batch', 1])], {}, { output: `${name}_seen` }), type, [
      'batch',
      1,
    ]);
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  world = await createWorld();
  const serve = async (model: string, types: Parameters<typeof echo>[0], serving: Partial<ServingPolicy> = {}) => {
    await world.addVersion(echo(types), model, serving, false, dataset);
    await world.deploy({ champion: 1 }, model);
  };
  await serve('texts', inputs);
  await serve('numbers', { ...inputs, member: 'bool', code: 'int64' });
  await serve('lenient', inputs, { strict: false });
  gateway = await world.gateway();
});
afterAll(() => world.close());

type Schema = Record<string, unknown> & { required: string[]; properties: Record<string, object> };
async function described(model: string): Promise<{ record: Schema; example: object; tensors: object }> {
  const { body } = await get(`${gateway.url}/predict/${model}/openapi.json`);
  const paths = body.paths as Record<string, { post: { requestBody: { content: Record<string, never> } } }>;
  const bodyOf = (path: string) =>
    paths[path]!.post.requestBody.content['application/json'] as unknown as {
      schema: { oneOf: Schema[] };
      example: object;
    };
  const plain = bodyOf(`/predict/${model}`);
  return {
    record: plain.schema.oneOf[0]!,
    example: plain.example,
    tensors: bodyOf(`/v2/models/${model}/infer`).example,
  };
}

it.each(['texts', 'numbers', 'lenient'])(
  'the example of %s is taken by both doors, and nothing of it is odd',
  async (model) => {
    const { example, tensors } = await described(model);
    const { status, body } = await post(`${gateway.url}/predict/${model}`, example);
    expect([body.error, status]).toEqual([undefined, 200]);
    expect(body).not.toHaveProperty('unknown');
    expect(body).not.toHaveProperty('outside');
    expect(body).not.toHaveProperty('missing');
    const inferred = await post(`${gateway.url}/v2/models/${model}/infer`, tensors);
    expect([inferred.body.error, inferred.status]).toEqual([undefined, 200]);
  },
);

it('says the types, categories and ranges that the dataset declares', async () => {
  const { record } = await described('texts');
  expect(record.properties).toEqual({
    member: { type: 'boolean' },
    plan: { type: 'string', enum: ['basic', 'pro'], description: 'What they pay for' },
    code: { type: ['integer', 'null'], enum: [1, 2, null] },
    // JSON does not keep it as a number.
    wide: { type: ['integer', 'string'], enum: ['9007199254740993'] },
    age: { type: 'integer', minimum: 18, maximum: 120 },
    ratio: { type: 'number', minimum: 0.25, maximum: 0.5 },
    free: { type: 'string' },
    amount: { type: ['number', 'null'] },
  });
});

it('requires the columns that the gateway refuses to miss', async () => {
  for (const model of ['texts', 'numbers', 'lenient']) {
    const { record, example } = await described(model);
    const refused: string[] = [];
    for (const name of Object.keys(inputs)) {
      const { [name]: _, ...others } = example as Record<string, unknown>;
      const { status } = await post(`${gateway.url}/predict/${model}`, others);
      if (status === 400) refused.push(name);
    }
    expect(record.required).toEqual(refused);
  }
  expect((await described('texts')).record.required).toEqual(['member', 'plan', 'wide', 'age', 'ratio', 'free']);
  expect((await described('numbers')).record.required).toContain('code');
  expect((await described('lenient')).record.required).toEqual([]);
});
