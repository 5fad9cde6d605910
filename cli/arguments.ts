import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';

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

/** Who decides and why: both are recorded. */
export const withDecision = (command: Command): Command =>
  withJson(command).requiredOption('--by <who>', 'who decides').requiredOption('--reason <why>', 'why; it is recorded');

export const currentUser = (): string => userInfo().username;
