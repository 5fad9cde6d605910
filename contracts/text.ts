import { z } from 'zod';

/** A text that names something: an empty one, or one of blanks, is refused. */
export const nonBlank = z.string().regex(/\S/, 'expected a text that is not blank');
