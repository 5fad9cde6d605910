/** One change of a source text: what is from `from` to `to` becomes `replacement`. */
export interface Mutant {
  readonly from: number;
  readonly to: number;
  readonly replacement: string;
}

/** What is never changed: comments, texts, imports, types and declarations of interfaces. */
const kept = [
  /\/\*[\s\S]*?\*\//g,
  /\/\/.*/g,
  /'(?:[^'\\\n]|\\.)*'/g,
  /^import [\s\S]*?;$/gm,
  /^export type [\s\S]*?;$/gm,
  /^(?:export )?interface [\s\S]*?^\}$/gm,
  /^type [\s\S]*?;$/gm,
  /=>/g,
  // Only the sign of what a comparison of two elements returns counts.
  /\? -?1 : -?1\b/g,
  /: (?:-?\d+ \| )+-?\d+/g,
  /\bas (?:[\w']+ \| )*[\w']+/g,
  /<[A-Za-z][\w\s|,[\]<>]*>(?=\()/g,
];

/** A pattern of one token, and what it becomes. */
const rules: readonly [RegExp, (found: string) => string][] = [
  [/ \+ /g, () => ' - '],
  [/ - /g, () => ' + '],
  [/ \* /g, () => ' / '],
  [/ \/ /g, () => ' * '],
  [/ < /g, () => ' <= '],
  [/ <= /g, () => ' < '],
  [/ > /g, () => ' >= '],
  [/ >= /g, () => ' > '],
  [/ === /g, () => ' !== '],
  [/ !== /g, () => ' === '],
  [/ && /g, () => ' || '],
  [/ \|\| /g, () => ' && '],
  [/ \+= /g, () => ' -= '],
  [/\bMath\.max\b/g, () => 'Math.min'],
  [/\bMath\.min\b/g, () => 'Math.max'],
  [/\bMath\.floor\b/g, () => 'Math.ceil'],
  [/\bMath\.ceil\b/g, () => 'Math.floor'],
  [/\.lower\b/g, () => '.upper'],
  [/\.upper\b/g, () => '.lower'],
  [/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g, (found) => (found === '0' ? '1' : String(Number(found) + 1))],
];

/** The text of templates between their values. */
function templateTexts(text: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  // A template, or braces in one of its values.
  const open: ('`' | '{')[] = [];
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const inText = open.at(-1) === '`';
    if (inText && text[at] === '\\') at += 1;
    else if (text[at] === '`') {
      if (inText) found.push([start, at]);
      if (inText) open.pop();
      else open.push('`');
      start = at + 1;
    } else if (inText && text.startsWith('${', at)) {
      found.push([start, at]);
      open.push('{');
      at += 1;
    } else if (!inText && open.length > 0 && text[at] === '{') open.push('{');
    else if (!inText && open.length > 0 && text[at] === '}') {
      open.pop();
      start = at + 1;
    }
  }
  return found;
}

/** Every mutant of a TypeScript source, in its order. */
export function mutantsOf(text: string): Mutant[] {
  const holes = kept.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ({ index, 0: found }) => [index, index + found.length] as const),
  );
  const texts = templateTexts(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, (comment) => ' '.repeat(comment.length)));
  holes.push(...texts);
  const free = (from: number, to: number): boolean => holes.every(([start, end]) => to <= start || from >= end);
  return rules
    .flatMap(([pattern, replace]) =>
      Array.from(text.matchAll(pattern), ({ index, 0: found }) => ({
        from: index,
        to: index + found.length,
        replacement: replace(found),
      })),
    )
    .filter(({ from, to }) => free(from, to) && !text.slice(0, from).endsWith('?? '))
    .sort((a, b) => a.from - b.from);
}
