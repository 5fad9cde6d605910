import { formsOf, isBeyond, type JsonSchema } from './json-schema.ts';

/** A value as it is written in YAML, in Markdown. */
export const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** Words for what a value may be: "whole number from 0 to 65535", "`wait`, `replace` or `refuse`". */
export function typeText(schema: JsonSchema): string {
  if (schema.unit === 'duration') return 'duration';
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return anyOf(schema.enum.map(code));
  if (Object.keys(schema).length === 0) return 'any value';
  const forms = formsOf(schema);
  if (forms.length > 0) return anyOf([...new Set(forms.map(typeText))]);
  switch (schema.type) {
    case 'integer':
      return numberText(schema, 'whole number', 1);
    case 'number':
      return numberText(schema, 'number', 0);
    case 'string':
      return schema.format === 'uri' ? 'URL' : 'text';
    case 'boolean':
      return 'boolean';
    case 'null':
      return '`null`';
    case 'array':
      return Array.isArray(schema.items)
        ? `list of ${schema.items.map(typeText).join(' and ')}`
        : listText(schema.items as JsonSchema);
    case 'object':
      return mapText(schema);
    default:
      throw new Error(
        `the reference has no words for ${JSON.stringify(schema)}: add them to scripts/reference/type-text.ts`,
      );
  }
}

const listText = (items: JsonSchema): string =>
  formsOf(items).length > 0 ? `list of (${typeText(items)})` : `list of ${typeText(items)}`;

function mapText({ properties, propertyNames, additionalProperties }: JsonSchema): string {
  if (properties !== undefined || typeof additionalProperties !== 'object') return 'object';
  const names = propertyNames?.enum;
  const by = names === undefined ? 'by name' : `by ${anyOf(names.map(code))}`;
  return `${typeText(additionalProperties)} ${by}`;
}

const isBound = (bound: number | undefined): bound is number => bound !== undefined && !isBeyond(bound);

/** `step` is what a number above a bound is greater by at least; 0 for one that may be as near as it likes. */
function numberText(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema,
  noun: string,
  step: 0 | 1,
): string {
  const low = isBound(exclusiveMinimum) && step === 1 ? exclusiveMinimum + 1 : minimum;
  const above = step === 0 && isBound(exclusiveMinimum) ? exclusiveMinimum : undefined;
  if (isBound(low) && isBound(maximum)) return `${noun} from ${low} to ${maximum}`;
  const lower = above !== undefined ? ` above ${above}` : isBound(low) ? `, at least ${low}` : '';
  const upper = isBound(exclusiveMaximum) ? ` below ${exclusiveMaximum}` : isBound(maximum) ? ` up to ${maximum}` : '';
  return `${noun}${lower}${lower !== '' && upper !== '' ? ',' : ''}${upper}`;
}

/** Alternatives as a sentence names them. */
export function anyOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
