import { z } from 'zod';

/** `sha256:` and 64 hexadecimal digits: the name of immutable bytes in the artifact store. */
export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digestSchema>;

/** The beginning of a digest, as short forms show it: 6 hexadecimal digits at least, whose `sha256:` may be left out. */
export const digestPrefixSchema = z
  .string()
  .regex(/^(sha256:)?[0-9a-f]{6,64}$/, 'expected the first 6 to 64 hexadecimal digits of a digest')
  .transform((text) => text.replace('sha256:', ''));

/** Folder of the blobs whose digests begin with these two or more hexadecimal digits. */
export const blobFolder = (hex: string): string => `cas/sha256/${hex.slice(0, 2)}`;

/** Path of a blob below the store's root: `cas/sha256/ab/<64 hexadecimal digits>`. */
export function blobPath(digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return `${blobFolder(hex)}/${hex}`;
}
