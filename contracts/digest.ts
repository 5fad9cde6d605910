import { z } from 'zod';

/** `sha256:` and 64 hexadecimal digits: the name of immutable bytes in the artifact store. */
export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digestSchema>;

/** Path of a blob below the store's root: `cas/sha256/ab/<64 hexadecimal digits>`. */
export function blobPath(digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return `cas/sha256/${hex.slice(0, 2)}/${hex}`;
}
