import type { z } from 'zod';
import { PawlError } from '../../contracts/errors.ts';
import { explainIssues } from '../../contracts/explain-issues.ts';
import { errorTypes } from '../../contracts/names.ts';

/** The input of a workflow, checked. `wanted` says what it must be; throws `InvalidRequestError` with that and what is wrong. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown, wanted: string): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new PawlError(errorTypes.invalidRequest, `${wanted}:\n${explainIssues(schema, input, result.error)}`);
}
