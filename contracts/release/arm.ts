import { z } from 'zod';

/** The two versions that a release compares. */
export const arms = ['champion', 'canary'] as const;
export const armSchema = z.enum(arms);
export type Arm = z.infer<typeof armSchema>;
