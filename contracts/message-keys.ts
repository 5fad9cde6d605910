import { didYouMean } from './did-you-mean.ts';
import type { Command, Decision } from './run/approval.ts';

/** Keys of what people send to a workflow, by message. No zod here: workflow code imports this file by value. */
export const decisionKeys: readonly (keyof Decision)[] = ['by', 'reason', 'evidence'];
export const commandKeys: readonly (keyof Command)[] = ['by', 'reason', 'evidence', 'ms'];

/** Which key of a message is unknown, and which was meant, in words; null where all are known. */
export function objectionToKeys(given: unknown, known: readonly string[]): string | null {
  if (typeof given !== 'object' || given === null) return null;
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return null;
  const near = didYouMean(unknown, known);
  return `unknown key "${unknown}": ${near === null ? `known are ${known.join(', ')}` : `did you mean "${near}"?`}`;
}
