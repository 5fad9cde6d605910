const mostCharacters = 80;
const mostOfReason = 4_000;

/**
 * A text from outside as it may appear in a message, a terminal or a log: what controls a terminal or hides in a text (control
 * characters, line ends, marks of direction, halves of surrogate pairs) as `\u....`, cut after `most` characters.
 */
export function shownText(text: string, most = mostCharacters): string {
  const part = text.length > most ? text.slice(0, most) : text;
  const shown = part.replaceAll(hidden, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);
  return text.length > most ? `${shown}… (${text.length} characters)` : shown;
}

/** A text of several lines, whole. */
export const shownLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => shownText(line, Infinity))
    .join('\n');

/** Names as a list in a message, at most 20 of them. */
export function shownNames(names: Iterable<string>, most = 20): string {
  const all = [...names];
  const shown = all.slice(0, most).map((name) => shownText(name));
  return all.length > most ? `${shown.join(', ')} and ${all.length - most} more` : shown.join(', ');
}

/** Several reasons as one message: at most 20 of them, each without what controls a terminal, and none longer than a page. */
export function shownReasons(reasons: readonly string[], most = 20): string {
  const shown = reasons.slice(0, most).map((reason) => shownText(reason, mostOfReason));
  return reasons.length > most ? `${shown.join('; ')}; and ${reasons.length - most} more` : shown.join('; ');
}

/** The first of several reasons, and how many more there are; the last one may say that itself (`and 3 more`). */
export function firstReason(reasons: readonly string[]): string {
  const [first = '', ...others] = reasons;
  if (others.length === 0) return first;
  const unlisted = Number(/^and (\d+) more$/.exec(others.at(-1) ?? '')?.[1] ?? 1);
  return `${first} (and ${others.length - 1 + unlisted} more)`;
}

/** Control and format characters, line and paragraph separators, halves of surrogate pairs. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
