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

/** `folder` is where definitions are looked for. */
export const unknownModel = (model: string, known: readonly string[], folder = 'models'): PawlError =>
  new PawlError(
    errorTypes.unknownModel,
    `there is no model "${model}": known are ${known.join(', ') || 'none'}. Add ${folder}/${model}.yaml, or correct the name`,
    { model },
  );

export const unknownVersion = (model: string, version: number): PawlError =>
  new PawlError(
    errorTypes.unknownVersion,
    `model "${model}" has no version ${version}: \`pawl versions ${model}\` lists those it has`,
    { model, version },
  );
