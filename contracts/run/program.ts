import { z } from 'zod';
import { digestSchema } from '../digest.ts';

/** The files of a trainer's program as a run pinned them, by their path in its folder. */
export const programSchema = z.object({
  schema: z.literal('pawl.program/1'),
  files: z.array(z.object({ path: z.string(), digest: digestSchema, executable: z.boolean() })),
});

/** A file of a trainer's program. */
export interface ProgramFile {
  /** Relative to its folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}
