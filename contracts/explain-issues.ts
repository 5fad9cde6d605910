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
  const issues = error.issues.flatMap((issue) => ofNearestForm(issue, { schema, document }));
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const lines = unknown.flatMap((issue) => {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const place = [...issue.path, key].join('.');
      if (there.includes(key)) return `✖ unknown key "${place}": "${key}" is a key of ${elsewhere?.place}`;
      const near = didYouMean(key, known);
      const hint =
        near === null ? (known.length === 0 ? '' : `: known are ${known.join(', ')}`) : `: did you mean "${near}"?`;
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
  if (issue.code !== 'invalid_union') return [issue];
  // Where forms are told apart by a key, its place is the issue's: a value without it has no form that is the nearest.
  const isApart = issue.errors.length === 0;
  const stray = strayKeys(isApart ? issue.path.slice(0, -1) : issue.path, written);
  if (stray !== null) return isApart && valueAt(written.document, issue.path) !== undefined ? [stray, issue] : [stray];
  if (isApart || issue.message !== generic) return [issue];
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
  return [
    {
      ...issue,
      message: `${generic}: ${[...new Set(forms)].map((form) => form.replace(`${generic}: `, '')).join(', or ')}`,
    },
  ];
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
  return text === undefined || text.length > longestValue || !issue.message.startsWith('expected ')
    ? issue
    : { ...issue, message: `${issue.message}, not ${text}` };
}

/** Characters of a value that a message quotes. */
const longestValue = 60;

/** Keys of the object that a schema has at a path; of all of its forms where it has several. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion)
    return [...new Set((bare.options as z.core.$ZodType[]).flatMap((option) => keysAt(option, path)))];
  const [first, ...rest] = path;
  if (first === undefined) {
    if (bare instanceof z.ZodRecord && bare.keyType instanceof z.ZodEnum) return bare.keyType.options.map(String);
    return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  }
  if (bare instanceof z.ZodObject) {
    const inner = (bare.shape as Record<string, z.core.$ZodType>)[String(first)];
    return inner === undefined ? [] : keysAt(inner, rest);
  }
  if (bare instanceof z.ZodRecord) return keysAt(bare.valueType, rest);
  return bare instanceof z.ZodArray ? keysAt(bare.element, rest) : [];
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
