import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

/** Another document in which people may have meant to write a key. */
export interface Elsewhere {
  readonly schema: z.ZodType;
  /** Such as `models/<name>.yaml`. */
  readonly place: string;
}

/**
 * What a schema found wrong in a document, a line each with its place: unknown keys with where they belong, or the known key that is
 * nearest; values that have none of the forms that they may have.
 */
export function explainIssues(schema: z.ZodType, document: unknown, error: z.ZodError, elsewhere?: Elsewhere): string {
  const there = elsewhere === undefined ? [] : keysAt(elsewhere.schema, []);
  const levels = levelsOf(schema);
  const issues = error.issues.flatMap((issue) => ofNearestForm(issue, { schema, document }));
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const lines = unknown.flatMap((issue) => {
    const known = keysAt(schema, issue.path, document);
    const ofAnyForm = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const place = [...issue.path, key].join('.');
      if (ofAnyForm.includes(key) && !known.includes(key))
        return `✖ unknown key "${place}": ${formOf(schema, issue.path, document)} has no "${key}"; known are ${known.join(', ')}`;
      if (there.includes(key)) return `✖ unknown key "${place}": "${key}" is a key of ${elsewhere?.place}`;
      const near = didYouMean(key, known);
      if (near !== null) return `✖ unknown key "${place}": did you mean "${near}"?`;
      const above = levels.get(key) ?? [];
      if (above.length > 0 && above.length <= mostLevels)
        return `✖ unknown key "${place}": "${key}" belongs ${above.map((level) => (level === '' ? 'to the top level' : `under ${level}`)).join(', or ')}`;
      const hint = known.length === 0 ? '' : `: known are ${known.join(', ')}`;
      return `✖ unknown key "${place}"${hint}`;
    });
  });
  if (others.length > 0) lines.push(z.prettifyError(new z.ZodError(others.map((issue) => withValue(issue, document)))));
  return lines.join('\n');
}

type Issue = z.core.$ZodIssue;

/** What a schema says that says nothing more. */
const generic = 'Invalid input';

interface Written {
  readonly schema: z.core.$ZodType;
  readonly document: unknown;
}

/** Of a value that has none of several forms, what is wrong with it in the one form that it may be meant in, else all forms. */
function ofNearestForm(issue: Issue, written: Written): Issue[] {
  if (issue.code !== 'invalid_union') return [inWords(issue, written)];
  // Where forms are told apart by a key, its place is the issue's: a value without it has no form that is the nearest.
  const isApart = issue.errors.length === 0;
  const stray = strayKeys(isApart ? issue.path.slice(0, -1) : issue.path, written);
  if (stray !== null)
    return isApart && valueAt(written.document, issue.path) !== undefined ? [stray, inWords(issue, written)] : [stray];
  if (isApart) return [inWords(issue, written)];
  if (issue.message !== generic) return [issue];
  const differsBy = (code: Issue['code']) => (form: readonly Issue[]) =>
    form.some((inner) => inner.path.length === 0 && inner.code === code);
  const ofType = issue.errors.filter((form) => !differsBy('invalid_type')(form));
  const known = ofType.filter((form) => !differsBy('unrecognized_keys')(form));
  const near = known.length > 0 ? known : ofType;
  if (near[0] !== undefined && near.length === 1)
    return near[0].flatMap((inner) => ofNearestForm({ ...inner, path: [...issue.path, ...inner.path] }, written));
  const forms = (near.length === 0 ? issue.errors : near).flatMap((form) =>
    form
      .flatMap((inner) => ofNearestForm({ ...inner, path: [...issue.path, ...inner.path] }, written))
      .map((inner) => ({ ...inner, path: inner.path.slice(issue.path.length) }))
      .map(({ message, path }) => (path.length === 0 ? message : `${message} (${path.join('.')})`)),
  );
  return [{ ...issue, message: joined([...new Set(forms)], valueAt(written.document, issue.path)) }];
}

/** What is wrong with a value in each form that it may have, with the value said once. */
function joined(messages: readonly string[], value: unknown): string {
  const [before, after] = ['expected ', `, not ${shown(value)}`];
  const isAlike = messages.every((message) => message.startsWith(before) && message.endsWith(after));
  if (!isAlike) return messages.join(', or ');
  return `${before}${messages.map((message) => message.slice(before.length, -after.length)).join(', or ')}${after}`;
}

/** What a type of zod's is called by who writes YAML. */
const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
  tuple: 'a list',
  null: 'null',
};

/** The issue with a message of ours, where its message is zod's own. */
function inWords(issue: Issue, { schema, document }: Written): Issue {
  const value = valueAt(document, issue.path);
  const not = value === undefined ? '' : `, not ${shown(value)}`;
  switch (issue.code) {
    case 'invalid_type': {
      if (!issue.message.startsWith(generic)) return issue;
      const wanted = typeWords[issue.expected] ?? issue.expected;
      return { ...issue, message: value === undefined ? `is missing: write ${wanted}` : `expected ${wanted}${not}` };
    }
    case 'invalid_value': {
      if (!issue.message.startsWith('Invalid ')) return issue;
      return { ...issue, message: oneOf(issue.values.map(String), value) };
    }
    case 'invalid_union':
      return { ...issue, message: oneOf(formsAt(schema, issue.path), value) };
    case 'too_small':
    case 'too_big': {
      if (!/^Too (small|big)/.test(issue.message)) return issue;
      const isLow = issue.code === 'too_small';
      const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
      const bound = `${issue.inclusive === false ? (isLow ? 'more than' : 'less than') : isLow ? 'at least' : 'at most'} ${limit}`;
      return {
        ...issue,
        message:
          issue.origin === 'array'
            ? `needs ${bound} ${Number(limit) === 1 ? 'entry' : 'entries'}`
            : `must be ${bound}${not}`,
      };
    }
    default:
      return issue;
  }
}

function oneOf(known: readonly string[], value: unknown): string {
  const list = known.join(', ');
  if (value === undefined) return `is missing: write one of ${list}`;
  const near = typeof value === 'string' ? didYouMean(value, known) : null;
  return `expected one of ${list}, not ${shown(value)}${near === null ? '' : `: did you mean "${near}"?`}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

/** Values of the key at a path by which forms are told apart. */
function formsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const key = String(path.at(-1));
  return schemasAt(schema, path.slice(0, -1)).flatMap((form) => {
    const value = form instanceof z.ZodObject ? unwrapped(form.shape[key] ?? form) : form;
    return value instanceof z.ZodLiteral ? [...value.values].map(String) : [];
  });
}

/** The keys of an object that no form knows which it may have; null where it has none. */
function strayKeys(path: readonly PropertyKey[], { schema, document }: Written): Issue | null {
  const value = valueAt(document, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const known = keysAt(schema, path);
  const keys = Object.keys(value).filter((key) => !known.includes(key));
  return known.length === 0 || keys.length === 0
    ? null
    : {
        code: 'unrecognized_keys',
        keys,
        path: [...path],
        message: `unknown key ${keys.join(', ')}`,
        input: value as Record<string, unknown>,
      };
}

const valueAt = (document: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], document);

/** Names the value that was written, where a message of ours says what was expected. */
function withValue(issue: Issue, document: unknown): Issue {
  if (issue.code !== 'invalid_union' && issue.code !== 'invalid_format' && issue.code !== 'custom') return issue;
  const text = JSON.stringify(valueAt(document, issue.path)) as string | undefined;
  return text === undefined ||
    text.length > longestValue ||
    !issue.message.startsWith('expected ') ||
    issue.message.includes(', not ')
    ? issue
    : { ...issue, message: `${issue.message}, not ${text}` };
}

/** Characters of a value that a message quotes. */
const longestValue = 60;

/**
 * Keys of the object that a schema has at a path; of all of its forms where it has several, or of the one that the document has, where a key
 * says which.
 */
const keysAt = (schema: z.core.$ZodType, path: readonly PropertyKey[], document?: unknown): string[] => [
  ...new Set(schemasAt(schema, path, document).flatMap(keysOf)),
];

/** The key and value that say which form the object at a path has, such as `kind: network`. */
function formOf(schema: z.core.$ZodType, path: readonly PropertyKey[], document: unknown): string {
  const [form] = schemasAt(schema, path, document);
  const keys = form instanceof z.ZodObject ? Object.entries(form.shape) : [];
  const [name = ''] = keys.find(([, value]) => unwrapped(value) instanceof z.ZodLiteral) ?? [];
  return `${name}: ${String(valueAt(document, [...path, name]))}`;
}

/** The forms of a union, or the one of the document, where a key says which. */
function optionsOf(union: z.ZodUnion | z.ZodDiscriminatedUnion, document: unknown): readonly z.core.$ZodType[] {
  const options = union.options;
  if (!(union instanceof z.ZodDiscriminatedUnion) || typeof document !== 'object' || document === null) return options;
  const { discriminator } = union.def;
  const written = (document as Record<string, unknown>)[discriminator];
  const chosen = options.filter((option) =>
    schemasAt(option, [discriminator]).some(
      (value) => value instanceof z.ZodLiteral && value.values.has(written as string),
    ),
  );
  return chosen.length === 0 ? options : chosen;
}

function keysOf(bare: z.core.$ZodType): string[] {
  if (bare instanceof z.ZodRecord && bare.keyType instanceof z.ZodEnum) return bare.keyType.options.map(String);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** The schemas, unwrapped, that a schema has at a path: one for each of its forms. */
function schemasAt(schema: z.core.$ZodType, path: readonly PropertyKey[], document?: unknown): z.core.$ZodType[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion)
    return optionsOf(bare, document).flatMap((option) => schemasAt(option, path, document));
  const [first, ...rest] = path;
  if (first === undefined) return [bare];
  const within = valueAt(document, [first]);
  if (bare instanceof z.ZodObject) {
    const inner = bare.shape[String(first)];
    return inner === undefined ? [] : schemasAt(inner, rest, within);
  }
  if (bare instanceof z.ZodRecord) return schemasAt(bare.valueType, rest, within);
  return bare instanceof z.ZodArray ? schemasAt(bare.element, rest, within) : [];
}

/** Levels that a hint names at most: a key of more of them says nothing. */
const mostLevels = 3;

/** By key, the levels of the document that have it; not those under a name of the person's own, or in a list. */
function levelsOf(schema: z.core.$ZodType): ReadonlyMap<string, readonly string[]> {
  const levels = new Map<string, string[]>();
  const walk = (form: z.core.$ZodType, level: readonly string[]): void => {
    for (const bare of schemasAt(form, []))
      if (bare instanceof z.ZodObject)
        for (const [key, inner] of Object.entries(bare.shape)) {
          const known = levels.get(key) ?? [];
          const name = level.join('.');
          if (!known.includes(name)) levels.set(key, [...known, name]);
          walk(inner, [...level, key]);
        }
  };
  walk(schema, []);
  return levels;
}

/** Without defaults, optionality and pipes. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return unwrapped(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrapped(schema.in) : schema;
}
