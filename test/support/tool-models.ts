import { readFileSync } from 'node:fs';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { ModelSignature } from '../../contracts/model/signature.ts';
import { decodeModel, type ModelProto } from '../../ml/onnx/proto.ts';

/** A model of a usual tool, with what the tool itself answers: `test/fixtures/imports/make.py` and `make_tensorflow.py`. */
export interface ToolCase {
  readonly name: string;
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string | null)[])[];
  readonly labels: readonly (number | string)[] | null;
  readonly probabilities: readonly (readonly number[])[] | null;
  readonly value: readonly number[] | null;
}

interface Stored extends Omit<ToolCase, 'bytes' | 'model'> {
  readonly model: string;
}

const casesOf = (file: string): readonly Stored[] =>
  (
    JSON.parse(readFileSync(new URL(`../fixtures/imports/${file}`, import.meta.url), 'utf8')) as {
      cases: readonly Stored[];
    }
  ).cases;

export const toolCases: readonly ToolCase[] = ['models.json', 'tensorflow.json'].flatMap(casesOf).map((stored) => {
  const bytes = Uint8Array.from(Buffer.from(stored.model, 'base64'));
  return { ...stored, bytes, model: decodeModel(bytes) };
});

export function toolCase(name: string): ToolCase {
  const found = toolCases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no model "${name}" in the fixtures`);
  return found;
}

/** A network of random weights, which takes no missing values and answers no label. */
export const isNetwork = ({ name }: ToolCase): boolean => /^(PyTorch|Keras|tf2onnx)/.test(name);

const plans = ['basic', 'plus', 'pro'];

/** Columns of the made-up people of the fixtures, with the target of a task. */
export function toolColumns(task: ToolCase['task'], areNumbers: boolean): Record<string, Record<string, unknown>> {
  const target =
    task === 'regression'
      ? { type: 'number' }
      : task === 'binary'
        ? { type: 'integer', allowed: ['0', '1'] }
        : areNumbers
          ? { type: 'integer', allowed: ['0', '1', '2'] }
          : { type: 'string', allowed: plans };
  return {
    id: { type: 'integer', kind: 'key' },
    age: { type: 'number', kind: 'numeric', nullable: true },
    amount: { type: 'number', kind: 'numeric' },
    tenure: { type: 'number', kind: 'numeric', nullable: true },
    plan: { type: 'string', kind: 'categorical' },
    outcome: { ...target, kind: 'target' },
  };
}

/** The definitions that a model of the fixtures is imported for. */
export function definitionsFor(
  { task, columns, labels }: Pick<ToolCase, 'task' | 'columns' | 'labels'>,
  more: {
    signature?: ModelSignature;
    features?: readonly string[];
    target?: Record<string, unknown>;
    [key: string]: unknown;
  } = {},
) {
  const { target, ...changed } = more;
  const declared = toolColumns(task, typeof labels?.[0] === 'number');
  const dataset = datasetDefinitionSchema.parse({
    dataset: 'people',
    source: 'people.csv',
    licence: 'none',
    provenance: 'made up',
    key: 'id',
    target: 'outcome',
    columns: { ...declared, outcome: { ...(target ?? declared.outcome), kind: 'target' } },
  });
  const definition = modelDefinitionSchema.parse({ model: 'churn', dataset: 'people', features: columns, ...changed });
  return { definition, dataset, space: labelSpaceOf(definition, dataset) };
}
