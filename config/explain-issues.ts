import { z } from 'zod';
import { didYouMean } from '../contracts/did-you-mean.ts';

/** Another document in which people may have meant to write a key. */
export interface Elsewhere {
  readonly schema: z.ZodType;
  /** Such as `models/<name>.yaml`. */
  readonly place: string;
}

/** What a schema found wrong in a document, a line each with its place: unknown keys with where they belong, or the known key that is nearest. */
export function explainIssues(schema: z.ZodType, error: z.ZodError, elsewhere?: Elsewhere): string {
  const there = elsewhere === undefined ? [] : keysAt(elsewhere.schema, []);
  const unknown = error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  const others = error.issues.filter((issue) => issue.code !== 'unrecognized_keys');
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
  if (others.length > 0) lines.push(z.prettifyError(new z.ZodError(others)));
  return lines.join('\n');
}

/** Keys of the object that a schema has at a path; of all of its forms where it has several. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion)
    return [...new Set((bare.options as z.core.$ZodType[]).flatMap((option) => keysAt(option, path)))];
  const [first, ...rest] = path;
  if (first === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
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
