import { z } from 'zod';
import { digestSchema } from '../digest.ts';

/** The files that a trainer takes as a run pinned them: those of a program by their path in its folder, or a model. */
export const programSchema = z.object({
  schema: z.literal('pawl.program/1'),
  files: z.array(z.object({ path: z.string(), digest: digestSchema, executable: z.boolean() })),
});

/** A file that a trainer takes. */
export interface ProgramFile {
  /** Of a program relative to its folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}
