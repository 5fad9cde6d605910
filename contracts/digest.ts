import { z } from 'zod';

/** `sha256:` and 64 hexadecimal digits: the name of immutable bytes in the artifact store. */
export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digestSchema>;
