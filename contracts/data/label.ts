/** Characters of a label, and of an id or key. */
export const longestLabel = 256;
const longestId = 256;

/** A true outcome, in the words of whoever knows it. */
export type RawLabel = string | number | boolean;

const control = /[\p{Cc}\p{Cs}]/u;

/** Why a value cannot be a label of any task; null where it can. What a task takes of it is for the task to say. */
export function labelProblem(value: unknown): string | null {
  if (typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a label must be a finite number';
  if (typeof value !== 'string') return 'a label must be a text, a number, true or false';
  return textProblem('a label', value, longestLabel);
}

/** Why a text cannot be the sticky key of a request; null where it can. */
export const keyProblem = (value: unknown): string | null =>
  typeof value === 'string' ? textProblem('a key', value, longestId) : 'a key must be a text';

/** Why a text cannot be the id of a request; null where it can. */
export const idProblem = (value: unknown): string | null =>
  typeof value === 'string' ? textProblem('a request id', value, longestId) : 'a request id must be a text';

function textProblem(what: string, text: string, longest: number): string | null {
  if (text === '') return `${what} must not be empty`;
  if (text.length > longest) return `${what} must have at most ${longest} characters, this one has ${text.length}`;
  return control.test(text) ? `${what} must have no control characters` : null;
}
