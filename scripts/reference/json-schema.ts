import { z } from 'zod';

/** The part of JSON Schema (draft 7) that our schemas use, with the unit that a schema of ours has. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly unit?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** What may be written into a document of this schema. */
export const jsonSchemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7', override: withDefault }) as JsonSchema;

/** Zod leaves out the default of what a text is turned into, as of a duration: that is a number that may be written too. */
function withDefault({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: { default?: unknown };
}): void {
  const { def } = zodSchema._zod;
  if (def.type === 'default' && jsonSchema.default === undefined) jsonSchema.default = def.defaultValue;
}

/** Where a value may have one of several forms, each of them. */
export function formsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => ({ ...schema, type }));
  return schema.anyOf ?? schema.oneOf ?? [];
}

/** Unit of a value, in any of its forms; empty where it has none. */
export const unitOf = ({ unit, anyOf = [] }: JsonSchema): string =>
  unit ?? anyOf.map(unitOf).find((text) => text !== '') ?? '';

/**
 * As editors read it: the unit becomes a part of the description, and a default duration is written as people write it. Bounds beyond
 * which JSON cannot tell whole numbers apart are left out.
 */
export function forEditors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forEditors);
  if (typeof value !== 'object' || value === null) return value;
  const unit = unitOf(value);
  const { unit: _, ...schema } = value as JsonSchema;
  const entries = Object.entries(schema).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'default')
      return [[key, unit === 'duration' && typeof inner === 'number' ? durationText(inner) : inner]];
    if (key === 'description') return [[key, withUnit(String(inner), unit)]];
    if (key === 'const' || key === 'enum') return [[key, inner]];
    if (key === 'properties') return [[key, mapValues(inner as object, forEditors)]];
    return isBeyond(inner) ? [] : [[key, forEditors(inner)]];
  });
  return Object.fromEntries(entries);
}

/** Whether a bound says nothing, as JSON holds no greater whole number exactly. */
export const isBeyond = (bound: unknown): boolean =>
  typeof bound === 'number' && Math.abs(bound) >= Number.MAX_SAFE_INTEGER;

const withUnit = (description: string, unit: string): string =>
  unit === '' || unit === 'duration' ? description : `${description} Unit: ${unit}.`;

const mapValues = (values: object, change: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The shortest way to write a number of milliseconds: `30s`, `24h`. */
export function durationText(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
