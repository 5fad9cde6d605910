import { randomUUID } from 'node:crypto';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { TensorSpec } from '../../../contracts/data/tensor.ts';
import { nextTurn } from '../../turn.ts';
import { outputSchema, type DescribedInputs } from './column-schema.ts';
import { describedVersion, type DescribedVersion } from './described-version.ts';

export interface DescribedModel extends DescribedInputs {
  readonly model: string;
  readonly version: number;
}

/** OpenAPI 3.1 document of one model, made from its signature and the dataset definition that it was trained by. In parts. */
export const openApiOf = (described: DescribedModel, url: string): Promise<Buffer[]> =>
  documentOf(`${described.model}, version ${described.version}`, [described], url);

/** OpenAPI 3.1 document of several models. In parts. */
export const openApiOfAll = (models: readonly DescribedModel[], url: string): Promise<Buffer[]> =>
  documentOf('Models', models, url);

async function documentOf(title: string, models: readonly DescribedModel[], url: string): Promise<Buffer[]> {
  const holes = { record: randomUUID(), example: randomUUID(), tensors: randomUUID() };
  const version = models.length === 1 ? String(models[0]?.version) : '1';
  const head = JSON.stringify({ openapi: '3.1.0', info: { title, version }, servers: [{ url }] });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"paths":{`)];
  for (const described of models) {
    const text = JSON.stringify(pathsOf(described, holes));
    parts.push(...filled(`${text.slice(1, -1)},`, holes, await describedVersion(described)));
    await nextTurn();
  }
  const tail = JSON.stringify({
    paths: { '/feedback': feedbackPath },
    components: { schemas: { Error: errorSchema } },
  });
  return [...parts, Buffer.from(tail.slice('{"paths":{'.length))];
}

/** Texts that mark, in a document, where what is said of all columns belongs. */
type Holes = Readonly<Record<'record' | 'example' | 'tensors', string>>;

/** The text with the bytes of what is said of the columns in its holes. */
function filled(text: string, holes: Holes, described: DescribedVersion): Buffer[] {
  const names = new Map((['record', 'example', 'tensors'] as const).map((name) => [holes[name], name]));
  return text.split(new RegExp(`"(${[...names.keys()].join('|')})"`)).map((part) => {
    const name = names.get(part);
    return name === undefined ? Buffer.from(part) : described[name];
  });
}

function pathsOf(described: DescribedModel, { record, example, tensors }: Holes): object {
  const { model } = described;
  return {
    [`/predict/${model}`]: {
      post: {
        operationId: `predict_${model}`,
        summary: `Predict with ${model}: one record, or a list of them`,
        requestBody: json(
          { oneOf: [record, { type: 'array', items: record, minItems: 1 }] },
          exampleBody(described, example),
        ),
        responses: {
          '200': { description: 'Predicted', ...json(replySchema(described)) },
          ...refusals,
        },
      },
    },
    [`/v2/models/${model}/infer`]: {
      post: {
        operationId: `infer_${model}`,
        summary: 'The same by the Open Inference Protocol v2',
        requestBody: json(inferSchema, { inputs: tensors }),
        responses: { '200': { description: 'Predicted', ...json({ type: 'object' }) }, ...refusals },
      },
    },
  };
}

/** A model of a fixed batch size takes so many records at a time. */
function exampleBody(described: DescribedModel, example: string): unknown {
  const rows = described.signature.inputs.find(({ shape }) => typeof shape[0] === 'number')?.shape[0] ?? 1;
  return rows === 1 ? example : Array.from({ length: rows }, () => example);
}

const json = (schema: object | string, example?: unknown): { content: object } => ({
  content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
});

const errorSchema = { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] };
const errorReply = (description: string): object => ({
  description,
  ...json({ $ref: '#/components/schemas/Error' }),
});
const refusals = {
  '400': errorReply('The request is wrong; the error names the column and what was wrong'),
  '404': errorReply('There is no such model'),
  '413': errorReply('The body or the list is too large'),
  '429': errorReply('Too many requests of this client'),
  '503': errorReply('No version serves, or too many requests wait'),
  '504': errorReply('The deadline passed'),
};

const outcomeSchema = {
  type: 'object',
  properties: {
    request_id: { type: 'string' },
    key: { type: 'string', description: 'The sticky key of the request, with "time" instead of "request_id"' },
    time: { type: ['string', 'number'], description: 'When the request was asked' },
    label: { type: ['string', 'number', 'boolean'], maxLength: 256, description: 'The true outcome' },
    value: { type: 'number', description: 'What the answer was worth, in a unit of your own' },
    model: { type: 'string' },
  },
  oneOf: [{ required: ['request_id'] }, { required: ['key', 'time'] }],
  anyOf: [{ required: ['label'] }, { required: ['value'] }],
};

const feedbackPath = {
  post: {
    operationId: 'feedback',
    summary: 'What came of a prediction: its true label, what its answer was worth, or both; or a list of them',
    requestBody: json(
      { oneOf: [outcomeSchema, { type: 'array', items: outcomeSchema, minItems: 1, maxItems: 10_000 }] },
      { request_id: 'the id of the prediction', label: 1 },
    ),
    responses: {
      '202': {
        description: 'On disk',
        ...json({ type: 'object', properties: { accepted: { type: 'integer' } }, required: ['accepted'] }),
      },
      '400': refusals['400'],
      '404': refusals['404'],
      '413': refusals['413'],
      '429': refusals['429'],
      '503': refusals['503'],
    },
  },
};

const inferSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    parameters: { type: 'object' },
    inputs: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          datatype: { type: 'string' },
          shape: { type: 'array', items: { type: 'integer' } },
          data: { type: 'array' },
        },
        required: ['name', 'datatype', 'shape', 'data'],
      },
    },
    outputs: { type: 'array', items: { type: 'object' } },
  },
  required: ['inputs'],
};

const names = (description: string): object => ({ type: 'array', items: { type: 'string' }, description });

/** The labels in the target's own words. */
const labelSchema = (space: LabelSpace): object =>
  space.kind === 'numbers'
    ? { type: 'number' }
    : { type: space.rule.type, enum: space.classes.map(({ value }) => value) };

const schemaOf = (spec: TensorSpec, space: LabelSpace | null): object =>
  spec.name === 'label' && space !== null
    ? labelSchema(space)
    : spec.name === 'quantiles' && space?.kind === 'numbers' && space.levels !== undefined
      ? {
          type: 'object',
          description: 'By level',
          properties: Object.fromEntries(space.levels.map((level) => [level, { type: 'number' }])),
        }
      : outputSchema(spec);

function replySchema({ signature: { outputs }, columns: { labelSpace } }: DescribedModel): object {
  const named = outputs.filter(({ name }) => name !== 'probabilities');
  const prediction = {
    request_id: { type: 'string', description: 'What a true label comes back with' },
    ...Object.fromEntries(named.map((spec) => [spec.name, schemaOf(spec, labelSpace)])),
    ...(named.length === outputs.length ? {} : { probability: { type: 'number' }, probabilities: { type: 'object' } }),
    missing: names('Columns that were taken as missing'),
    unknown: names('Columns whose category training did not see'),
    outside: names("Columns outside the dataset's range"),
  };
  return {
    type: 'object',
    properties: {
      model: { type: 'string' },
      version: { type: 'integer' },
      ...prediction,
      predictions: { type: 'array', items: { type: 'object', properties: prediction } },
    },
  };
}
