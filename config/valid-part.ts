import type { z } from 'zod';
import { isObject } from '../contracts/is-object.ts';

/** The part of a document that its schema takes. */
export interface SoundPart<T> {
  readonly value: T;
  /** Whether a fault that was found in the part may come from what was left out of it. */
  readonly isDoubtful: (fault: string) => boolean;
}

/** Stands for a name that is missing; no document has it. */
const unnamed = '\u0000';
/** Leaving out what is optional may show that what holds it cannot do without. */
const mostRounds = 20;

/**
 * Leaves out of a document what its schema refuses, so that what contradicts itself in the rest can be told at once with that. A column
 * without a type or kind is left out whole. Null where too little is left.
 */
export function soundPart<T extends z.ZodType>(schema: T, document: unknown): SoundPart<z.infer<T>> | null {
  if (!isObject(document)) return null;
  const value = structuredClone(document);
  const gone = new Set<string>();
  for (let round = 0; round < mostRounds; round += 1) {
    const parsed = schema.safeParse(value);
    if (parsed.success)
      return { value: parsed.data, isDoubtful: (fault) => [...gone].some((name) => fault.includes(`"${name}"`)) };
    for (const issue of parsed.error.issues) {
      // An unknown key says nothing about the known ones beside it.
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) leaveOut(value, [...issue.path, key], new Set());
      else leaveOut(value, issue.path, gone);
    }
  }
  return null;
}

function leaveOut(document: Record<string, unknown>, path: readonly PropertyKey[], gone: Set<string>): void {
  const [first, second] = path;
  if (first === undefined) return;
  const columns = document[String(first)];
  const listed = path.findIndex((key) => typeof key === 'number');
  const keys = (listed === -1 ? path : path.slice(0, listed)).map(String);
  const holder = keys.slice(0, -1).reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), document);
  const last = keys.at(-1) ?? '';
  const wasThere = isObject(holder) && Object.hasOwn(holder, last);
  if (wasThere) delete holder[last];
  if (first === 'columns' && second !== undefined) {
    gone.add(String(second));
    if (!wasThere && isObject(columns)) delete columns[String(second)];
  } else if (!wasThere && path.length === 1) {
    document[String(first)] = unnamed;
    gone.add(unnamed);
  }
}
