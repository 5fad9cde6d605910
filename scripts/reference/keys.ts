import { durationText, formsOf, unitOf, type JsonSchema } from './json-schema.ts';
import { anyOf, code, typeText } from './type-text.ts';

/** A key of a document. */
export interface Key {
  /** Such as `columns.<name>.type` and `sensitive[].column`. */
  readonly path: string;
  readonly type: string;
  /** Empty where the type says it. */
  readonly unit: string;
  readonly default: string;
  readonly meaning: string;
  /** By `kind`, the forms that have the key; empty where all have it. */
  readonly kinds: readonly string[];
}

/** Every key of an object, the outer before the inner ones. */
export const keysOf = (schema: JsonSchema): Key[] => within(schema, '');

function within(schema: JsonSchema, prefix: string): Key[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    keysAt(inner, `${prefix}${name}`, required.has(name)),
  );
}

function keysAt(schema: JsonSchema, path: string, isRequired: boolean): Key[] {
  const key: Key = {
    path,
    type: typeText(schema),
    unit: unitOf(schema) === 'duration' ? '' : unitOf(schema),
    default: isRequired ? 'required' : defaultText(schema),
    meaning: schema.description ?? '',
    kinds: [],
  };
  return [key, ...inside(schema, path)];
}

/** Keys of the objects that a value holds. */
function inside(schema: JsonSchema, path: string): Key[] {
  const forms = formsOf(schema).filter((form) => form.type !== 'null');
  if (forms.length > 0)
    return merged(forms.map((form) => ({ kind: kindOf(form), keys: inside(form, path) }))).map((key) =>
      isChoice(forms, path, key) ? { ...key, default: '' } : key,
    );
  if (schema.properties !== undefined) return within(schema, `${path}.`);
  if (typeof schema.additionalProperties === 'object') return inside(schema.additionalProperties, `${path}.<name>`);
  if (schema.type === 'array' && !Array.isArray(schema.items)) return inside(schema.items as JsonSchema, `${path}[]`);
  return [];
}

/** Whether a key is required in one of several forms alone. */
const isChoice = (forms: readonly JsonSchema[], path: string, key: Key): boolean =>
  forms.filter(({ properties }) => properties !== undefined).length > 1 &&
  key.default === 'required' &&
  key.kinds.length === 0 &&
  key.path.lastIndexOf('.') === path.length &&
  !key.path.endsWith('.kind');

interface Form {
  readonly kind: string | null;
  readonly keys: readonly Key[];
}

const kindOf = ({ properties }: JsonSchema): string | null => {
  const kind = properties?.kind?.const;
  return typeof kind === 'string' ? kind : null;
};

/** The keys of several forms as one list: equal ones once, with the kinds that have them. */
function merged(forms: readonly Form[]): Key[] {
  const [only] = forms;
  if (only !== undefined && forms.length === 1) return [...only.keys];
  const keys = new Map<string, Key>();
  for (const { kind, keys: own } of forms)
    for (const key of own) {
      if (isKind(kind, key)) continue;
      const id = JSON.stringify(key);
      const kinds = keys.get(id)?.kinds ?? [];
      keys.set(id, { ...key, kinds: kind === null ? kinds : [...kinds, kind] });
    }
  return [...kindKey(forms), ...keys.values()];
}

const isKind = (kind: string | null, { type }: Key): boolean => kind !== null && type === code(kind);

/** The key by which forms are told apart, once for all of them; none where they have no such key. */
function kindKey(forms: readonly Form[]): Key[] {
  const kinds = forms.flatMap(({ kind, keys }) => keys.filter((key) => isKind(kind, key)));
  return kinds.slice(0, 1).map((key) => ({
    ...key,
    type: anyOf(kinds.map(({ type }) => type)),
    meaning: kinds.map(({ type, meaning }) => `${type}: ${meaning}`).join(' '),
  }));
}

function defaultText(schema: JsonSchema): string {
  const { default: value } = schema;
  if (value === undefined || isEmptyObject(value)) return '';
  if (typeof value === 'number') {
    if (unitOf(schema) === 'duration') return code(durationText(value));
    if (unitOf(schema) === 'bytes') return `${code(value)}${mebibytes(value)}`;
  }
  return value === '' ? '`""`' : code(value);
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

const mebibytes = (bytes: number): string => (bytes === 0 ? '' : ` (${bytes / 1024 / 1024} MiB)`);
