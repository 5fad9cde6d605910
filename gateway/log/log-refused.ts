/** The prediction log takes nothing now; the reason is for people. */
export class LogRefusedError extends Error {
  override readonly name = 'LogRefusedError';
}
