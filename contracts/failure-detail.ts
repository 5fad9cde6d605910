/** First detail of the failure of a type in the chain of an error, as a workflow client throws it; `undefined` where there is none. */
export function failureDetail(error: unknown, failureType: string): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type, details } = at as { type?: unknown; details?: unknown[] | null };
    if (type === failureType) return details?.[0];
  }
  return undefined;
}
