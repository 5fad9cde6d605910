import type { z } from 'zod';

/** First detail of the failure of a type in the chain of an error, as a workflow client throws it; `undefined` where there is none. */
export function failureDetail(error: unknown, failureType: string): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type, details } = at as { type?: unknown; details?: unknown[] | null };
    if (type === failureType) return details?.[0];
  }
  return undefined;
}

/** Awaits the end of a workflow whose failure of a type holds its result, as its return does; throws what ended it otherwise. */
export async function resultOrDetail<T extends z.ZodType>(
  handle: { result(): Promise<unknown> },
  schema: T,
  failureType: string,
): Promise<z.output<T>> {
  try {
    return schema.parse(await handle.result());
  } catch (error) {
    const detail = failureDetail(error, failureType);
    if (detail === undefined) throw error;
    return schema.parse(detail);
  }
}
