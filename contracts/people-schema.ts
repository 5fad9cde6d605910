import { z } from 'zod';
import { objectionToBy, objectionToReason } from './people.ts';

const saidBy = (objectionTo: (text: unknown) => string | null) =>
  z.string().superRefine((text, context) => {
    const message = objectionTo(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** Who decides. */
export const bySchema = saidBy(objectionToBy);
/** Why. */
export const reasonSchema = saidBy(objectionToReason);
