import { shownText } from '../../contracts/shown-text.ts';
import { badRequest } from '../call/http-error.ts';

/** Characters that are searched for the name to tell. */
const searched = 16 * 1024;

/**
 * `JSON.parse` keeps the last of two values of one name without a word. Throws `HttpError` 400 where `value` has fewer names than the
 * `named` in its text.
 */
export function refuseRepeatedNames(value: unknown, named: number, text: Buffer): void {
  if (namesIn(value) === named) return;
  const name = repeatedName(text.toString('utf8', 0, searched));
  throw badRequest(
    name === null
      ? 'an object of the body has one name twice: send each once'
      : `"${shownText(name, 60)}" is given twice in one object: send it once`,
  );
}

/** Names in all objects of a value. */
export function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (typeof item === 'object') names += namesIn(item);
    return names;
  }
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    names += 1;
    if (typeof inner === 'object') names += namesIn(inner);
  }
  return names;
}

function repeatedName(text: string): string | null {
  const open: Set<string>[] = [];
  // A text that is cut off is one token too: its quotes would be tried one by one.
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*(?:"|\\?$)|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (name !== undefined) {
      const read = JSON.parse(name) as string;
      const names = open.at(-1);
      if (names?.has(read) === true) return read;
      names?.add(read);
    }
  }
  return null;
}
