import type { z } from 'zod';
import { fileConfigSchema } from '../../config/schema.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { forEditors, jsonSchemaOf } from './json-schema.ts';
import { keysOf, type Key } from './keys.ts';
import { page, table } from './markdown.ts';

/** A YAML document that people write. */
export interface YamlDocument {
  /** Of its page and its JSON Schema. */
  readonly name: string;
  readonly title: string;
  readonly schema: z.ZodType;
  /** What the document says, in a sentence. */
  readonly about: string;
  readonly more: string;
}

export const documents: readonly YamlDocument[] = [
  {
    name: 'temporal',
    title: '`temporal.yaml`',
    schema: fileConfigSchema,
    about: 'How Pawl reaches Temporal and the store, how its work is spread, and the settings of the gateway.',
    more: 'The file is optional, and every key has a default. [Variables of the environment](environment.md) override it.',
  },
  {
    name: 'dataset',
    title: '`datasets/<name>/dataset.yaml`',
    schema: datasetDefinitionSchema,
    about: 'What the rows of a dataset are.',
    more: '[Data](../data.md) explains cells, labels, times and files.',
  },
  {
    name: 'model',
    title: '`models/<name>.yaml`',
    schema: modelDefinitionSchema,
    about: 'What a model learns from, what its gates demand, and how its versions are released and served.',
    more: '[Concepts](../concepts.md) defines the words, and [Releases](../releases.md) explains the policy of a release.',
  },
];

const forms =
  'A duration is a number of milliseconds, or a text such as `250ms`, `30s`, `5m`, `2h` or `7d`. A key without a default is optional unless it is required. An unknown key is refused.';

/** What may be written into a document: one table for its short keys, then one for each key that holds others. */
export function documentPage({ name, title, schema, about, more }: YamlDocument): string {
  const groups = byFirst(keysOf(jsonSchemaOf(schema)));
  const short = groups.flatMap((keys) => (keys.length === 1 ? keys : []));
  const editors = `For completion in editors with the YAML language server: [${name}.schema.json](schemas/${name}.schema.json), named in the first line of the file.`;
  return page(title, [
    `${about} ${more}`,
    `${forms} ${editors}`,
    ...(short.length === 0 ? [] : [keyTable(short)]),
    ...groups.filter((keys) => keys.length > 1).map(section),
  ]);
}

/** Keys with the ones that they hold: a key of the document begins each list. */
function byFirst(keys: readonly Key[]): Key[][] {
  const groups: Key[][] = [];
  for (const key of keys) {
    if (/^\w+$/.test(key.path)) groups.push([key]);
    else groups.at(-1)?.push(key);
  }
  return groups;
}

function section([own, ...keys]: readonly Key[]): string {
  if (own === undefined) return '';
  const value = own.default === '' ? [] : [own.default === 'required' ? 'Required.' : `Default: ${own.default}.`];
  return `## ${own.path}\n${[own.meaning, ...value].join(' ')}\n\n${keyTable(keys)}`;
}

const keyTable = (keys: readonly Key[]): string =>
  table(
    ['key', 'type', 'unit', 'default', 'meaning'],
    keys.map(({ path, type, unit, default: value, meaning, kinds }) => [
      `\`${path}\``,
      type,
      unit,
      value,
      kinds.length === 0 ? meaning : `Of ${kinds.map((kind) => `\`${kind}\``).join(', ')}: ${meaning}`,
    ]),
  );

/** The JSON Schema of a document, as its file holds it. */
export const schemaText = ({ title, schema }: Pick<YamlDocument, 'title' | 'schema'>): string =>
  `${JSON.stringify({ title: title.replaceAll('`', ''), ...(forEditors(jsonSchemaOf(schema)) as object) }, null, 2)}\n`;
