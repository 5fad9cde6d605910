/** Everything that Pawl keeps is for its user alone: rows, labels and keys of hashes lie in it. */
export const privateFile = 0o600;
export const privateFolder = 0o700;

/** For what is made by programs and libraries that know no modes. To be called first in each of our processes. */
export function keepPrivate(): void {
  process.umask(0o077);
}
