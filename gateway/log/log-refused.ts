/** The prediction log does not take the entry; the message says why, for people. */
export class LogRefusedError extends Error {
  override readonly name = 'LogRefusedError';
}
