import { errorTypes } from './names.ts';

export type PawlErrorType = (typeof errorTypes)[keyof typeof errorTypes];

/**
 * An error that a retry cannot mend. The message names the thing, what was wrong, and what to do.
 * Workers turn it into a non-retryable `ApplicationFailure` of the same type.
 */
export class PawlError extends Error {
  readonly type: PawlErrorType;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(type: PawlErrorType, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = type;
    this.type = type;
    this.details = details;
  }
}

/** A metric source gave no answer, or not a whole one. Retryable; it never stands for "no events". */
export class MissingMetricsError extends Error {
  override readonly name = 'MissingMetricsError';
}

/**
 * What an error and its causes say, outermost first: what failed in words that a person can act on, then why. Messages that say nothing
 * beyond their cause are left out, and so is a cause that its error already quotes.
 */
export function messageChain(error: unknown, saysNothing: (message: string) => boolean = () => false): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at !== null && at !== undefined && !seen.has(at);) {
    seen.add(at);
    const message: string = at instanceof Error ? at.message : typeof at === 'string' ? at : '';
    if (message !== '' && !saysNothing(message) && !messages.some((said) => said.includes(message)))
      messages.push(message);
    at = at instanceof Error ? at.cause : null;
  }
  return messages.length === 0 ? 'it failed without a message' : messages.join('\n  because: ');
}

/** Whether a message is what Temporal says around what went wrong. */
export const isWrapper = (message: string): boolean =>
  /^(Workflow execution (failed|timed out|terminated)|Activity task failed|Child Workflow execution failed|Workflow Update failed)\.?$/i.test(
    message,
  );

export const unknownModel = (model: string, known: readonly string[]): PawlError =>
  new PawlError(
    errorTypes.unknownModel,
    `there is no model "${model}": known are ${known.join(', ') || 'none'}. Add models/${model}.yaml, or correct the name`,
    { model },
  );

export const unknownVersion = (model: string, version: number): PawlError =>
  new PawlError(
    errorTypes.unknownVersion,
    `model "${model}" has no version ${version}: \`pawl versions ${model}\` lists those it has`,
    { model, version },
  );
