import type { Signature, TensorSpec } from '../../contracts/tensor.ts';
import { datatypeOf } from '../protocol/datatypes.ts';

export interface DescribedModel {
  readonly model: string;
  readonly version: number;
  readonly signature: Signature;
}

/** OpenAPI 3.1 document of one model, made from its signature. */
export const openApiOf = (model: string, version: number, signature: Signature, url: string): object =>
  documentOf(`${model}, version ${version}`, [{ model, version, signature }], url);

/** OpenAPI 3.1 document of several models. */
export const openApiOfAll = (models: readonly DescribedModel[], url: string): object =>
  documentOf('Models', models, url);

function documentOf(title: string, models: readonly DescribedModel[], url: string): object {
  return {
    openapi: '3.1.0',
    info: { title, version: models.length === 1 ? String(models[0]?.version) : '1' },
    servers: [{ url }],
    paths: { ...Object.assign({}, ...models.map(pathsOf)), '/feedback': feedbackPath },
    components: { schemas: { Error: errorSchema } },
  };
}

function pathsOf({ model, signature }: DescribedModel): object {
  const record = recordSchema(signature);
  const example = exampleOf(signature);
  return {
    [`/predict/${model}`]: {
      post: {
        operationId: `predict_${model}`,
        summary: `Predict with ${model}: one record, or a list of them`,
        requestBody: json({ oneOf: [record, { type: 'array', items: record, minItems: 1 }] }, example),
        responses: {
          '200': { description: 'Predicted', ...json(replySchema(signature)) },
          ...refusals,
        },
      },
    },
    [`/v2/models/${model}/infer`]: {
      post: {
        operationId: `infer_${model}`,
        summary: 'The same by the Open Inference Protocol v2',
        requestBody: json(inferSchema, {
          inputs: signature.inputs.map(({ name, type, shape }) => ({
            name,
            datatype: datatypeOf[type],
            shape: shape.map((size) => size ?? 1),
            data: [example[name]].flat(),
          })),
        }),
        responses: { '200': { description: 'Predicted', ...json({ type: 'object' }) }, ...refusals },
      },
    },
  };
}

const json = (schema: object, example?: unknown): { content: object } => ({
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
    label: { type: ['string', 'number', 'boolean'], maxLength: 256, description: 'The true outcome' },
    value: { type: 'number', description: 'What the answer was worth, in a unit of your own' },
    model: { type: 'string' },
  },
  required: ['request_id'],
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

function recordSchema({ inputs }: Signature): object {
  return {
    type: 'object',
    properties: Object.fromEntries(inputs.map((spec) => [spec.name, valueSchema(spec)])),
    required: inputs.filter((spec) => !mayBeMissing(spec)).map(({ name }) => name),
    additionalProperties: false,
  };
}

const mayBeMissing = ({ type }: TensorSpec): boolean => type === 'string' || type.startsWith('float');

/** JSON schema of a row's value, which is a list where there are several. */
function valueSchema(spec: TensorSpec): object {
  const one = { type: mayBeMissing(spec) ? [jsonType(spec), 'null'] : jsonType(spec) };
  const width = spec.shape.slice(1);
  const described = { ...one, description: `${datatypeOf[spec.type]}${mayBeMissing(spec) ? '; may be missing' : ''}` };
  return width.every((size) => size === 1)
    ? described
    : { type: 'array', items: one, description: described.description };
}

function jsonType({ type }: TensorSpec): string {
  if (type === 'string') return 'string';
  if (type === 'bool') return 'boolean';
  return type.startsWith('float') ? 'number' : 'integer';
}

function replySchema({ outputs }: Signature): object {
  const named = outputs.filter(({ name }) => name !== 'probabilities');
  const prediction = {
    request_id: { type: 'string', description: 'What a true label comes back with' },
    ...Object.fromEntries(named.map((spec) => [spec.name, valueSchema(spec)])),
    ...(named.length === outputs.length ? {} : { probability: { type: 'number' }, probabilities: { type: 'object' } }),
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

/** A record that the model takes. */
export function exampleOf({ inputs }: Signature): Record<string, unknown> {
  return Object.fromEntries(
    inputs.map(({ name, type, shape }) => {
      const one = type === 'string' ? '' : type === 'bool' ? false : 0;
      const width = shape.slice(1).reduce<number>((size, dimension) => size * (dimension ?? 1), 1);
      return [name, width === 1 ? one : Array.from({ length: width }, () => one)];
    }),
  );
}
