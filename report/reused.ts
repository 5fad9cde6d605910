/** A sentence that says which run did the work, where it was another. */
export const reusedFrom = (did: string, own: string): string =>
  did === own ? '' : ` This was done by run ${did}, and reused: nothing that it depends on has changed since.`;
