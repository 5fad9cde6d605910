import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { durationSchema } from '../contracts/duration.ts';
import { objectionToBy, objectionToReason } from '../contracts/people.ts';

export interface JsonOption {
  json?: boolean;
}
export interface DecisionOptions extends JsonOption {
  by: string;
  reason: string;
}

/** `employment@2` */
export function modelAtVersion(text: string): { model: string; version: number } {
  const [, model, version] = /^([a-z][a-z0-9-]*)@([1-9]\d*)$/.exec(text) ?? [];
  if (model === undefined || version === undefined)
    throw new InvalidArgumentError('name a version as <model>@<n>, such as employment@2.');
  return { model, version: Number(version) };
}

/** `employment`, or `employment@2` */
export function modelMaybeAtVersion(text: string): { model: string; version: number | null } {
  const [, model, version] = /^([a-z][a-z0-9-]*)(?:@([1-9]\d*))?$/.exec(text) ?? [];
  if (model === undefined)
    throw new InvalidArgumentError('name a model, or a version of it as <model>@<n>, such as employment@2.');
  return { model, version: version === undefined ? null : Number(version) };
}

/** A number from `low` to `high`, both included unless `open`. */
export const numberWithin =
  (low: number, high: number, isOpen = false) =>
  (text: string): number => {
    const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high && !(isOpen && (value === low || value === high))) return value;
    const limits =
      high === Infinity
        ? `${isOpen ? 'above' : 'from'} ${low}`
        : isOpen
          ? `between ${low} and ${high}`
          : `from ${low} to ${high}`;
    throw new InvalidArgumentError(`a number ${limits} is needed.`);
  };

export function anyNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('a number is needed.');
}

/** Milliseconds of `30m`, `1h` or `7d`. */
export function age(text: string): number {
  const parsed = durationSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('give an age such as 30m, 1h or 7d.');
  return parsed.data;
}

export function positiveInteger(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a positive whole number is needed.');
  return Number(text);
}

export function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed.');
  return Number(text);
}

/** A bound of the time column: a number where it is one. */
export const bound = (text: string): number | string => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

const rowsEnding = /\.(parquet|pq|csv|tsv|ndjson|jsonl)(\.(gz|zst))?$/i;

/** A file of rows, by the ending of its name. */
export function rowsFile(text: string): string {
  if (rowsEnding.test(text)) return text;
  throw new InvalidArgumentError('name a file that ends in .parquet, .csv, .tsv, .ndjson or .jsonl.');
}

/** As `rowsFile`, or a pattern of such files. */
export const rowsSource = (text: string): string => (text.endsWith('*') ? text : rowsFile(text));

/** `epochs=5`, repeatable: the value is JSON where it can be read as such, else text. */
export function parameter(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('give a parameter as <name>=<value>.');
  return { ...before, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export const withJson = (command: Command): Command => command.option('--json', 'print one line of JSON');

/** Who decides. */
export function who(text: string): string {
  const objection = objectionToBy(text);
  if (objection !== null) throw new InvalidArgumentError(`${objection}.`);
  return text;
}

/** Why it is decided. */
export function why(text: string): string {
  const objection = objectionToReason(text);
  if (objection !== null) throw new InvalidArgumentError(`${objection}.`);
  return text;
}

/** Who decides and why: both are recorded. */
export const withDecision = (command: Command): Command =>
  withJson(command)
    .requiredOption('--by <who>', 'who decides', who)
    .requiredOption('--reason <why>', 'why; it is recorded', why);

export const currentUser = (): string => userInfo().username;
