/** Headers of our own: what a client may ask for, and what an answer says. gRPC has the same names in its metadata. */
export const headerNames = {
  key: 'x-pawl-key',
  version: 'x-pawl-version',
  arm: 'x-pawl-arm',
  deadlineMs: 'x-pawl-deadline-ms',
  cache: 'x-pawl-cache',
} as const;
