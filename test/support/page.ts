/** What a page asks its reader to do, or shows: one fenced block. */
export type Block = Command | Output | File;

interface Place {
  /** Line of the page on which the fence opens. */
  readonly line: number;
  readonly text: string;
}

/** ` ```sh `, typed into a terminal; ` ```sh terminal=2 exit=1 ` names another one, and another exit code. */
export interface Command extends Place {
  readonly kind: 'command';
  readonly terminal: number;
  readonly exit: number;
}

/** ` ```text terminal=2 `: what the last command of that terminal prints next. */
export interface Output extends Place {
  readonly kind: 'output';
  readonly terminal: number;
}

/** Any other language: "Write this to `~/path`:" or "Add this to `~/path`:" precedes it. */
export interface File extends Place {
  readonly kind: 'file';
  readonly path: string;
  readonly adds: boolean;
}

const fence = /^```(\S*)(.*)$/;
const about = /\b(Write|Add) this to `([^`]+)`[^`]*:$/;

/** The fenced blocks of a page, in its order. Throws for a block that does not say what it is. */
export function readPage(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; words: string; before: string; lines: string[] } | null = null;
  let before = '';
  for (const [index, text] of markdown.split('\n').entries()) {
    const [isFence, language = '', words = ''] = fence.exec(text) ?? [];
    if (open !== null && text === '```') {
      blocks.push(blockOf(open.line, open.language, open.words, open.before, open.lines.join('\n')));
      open = null;
    } else if (open !== null) open.lines.push(text);
    else if (isFence !== undefined) open = { line: index + 1, language, words, before, lines: [] };
    else if (text.trim() !== '') before = text.trim();
  }
  if (open !== null) throw new Error(`line ${open.line}: the block does not end`);
  return blocks;
}

function blockOf(line: number, language: string, words: string, before: string, text: string): Block {
  const given = [...words.matchAll(/(\w+)=(\d+)/g)].map(([, name, value]) => [name, Number(value)] as const);
  const { terminal = 1, exit = 0, ...unknown } = Object.fromEntries(given);
  if (Object.keys(unknown).length > 0 || words.replaceAll(/\s*\w+=\d+/g, '') !== '')
    throw new Error(`line ${line}: unknown words after \`\`\`${language}:${words}`);
  if (language === 'sh') return { kind: 'command', line, text, terminal, exit };
  if (language === 'text') return { kind: 'output', line, text, terminal };
  const [, verb, path] = about.exec(before) ?? [];
  if (path === undefined) throw new Error(`line ${line}: no sentence before the block names its file`);
  return { kind: 'file', line, text: `${text}\n`, path, adds: verb === 'Add' };
}

/**
 * What changes from one reading of a page to the next. Output of this form matches any output of the same form; all else is compared, and any
 * number of blanks matches any other number.
 */
const changing = [
  // A digest, whole or shortened; an id.
  { shown: /sha256:[0-9a-f]+/, found: 'sha256:[0-9a-f]+' },
  { shown: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, found: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}' },
  { shown: /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/, found: String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d` },
  { shown: /127\.0\.0\.1:\d+/, found: String.raw`127\.0\.0\.1:\d+` },
  // A number with decimals, and a count.
  { shown: /[+-]?\d+\.\d+/, found: String.raw`[+-]?\d+(?:\.\d+)?(?:e-?\d+)?` },
  { shown: /\d+(?= (?:analyses|labels|ms|requests|test rows)\b)/, found: String.raw`\d+` },
  { shown: /\.\.\./, found: '.*' },
  { shown: / +/, found: ' +' },
] as const;

const anyChanging = new RegExp(changing.map(({ shown }) => `(${shown.source})`).join('|'), 'g');

/** The beginning of what was printed that a block shows. `...` matches any text within a line; as a line of its own, any lines. */
export function outputPattern(shown: string): RegExp {
  const lines = shown.split('\n').map((line) => {
    if (line.trim() === '...') return String.raw`(?:.*\n)*?`;
    return `${linePattern(line.trimEnd())} *(?:\\n|$)`;
  });
  return new RegExp(`^${lines.join('')}`);
}

function linePattern(line: string): string {
  let pattern = '';
  let end = 0;
  for (const match of line.matchAll(anyChanging)) {
    const which = match.slice(1).findIndex((group) => group !== undefined);
    pattern += escaped(line.slice(end, match.index)) + changing[which]?.found;
    end = match.index + match[0].length;
  }
  return pattern + escaped(line.slice(end));
}

const escaped = (text: string): string => text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);

/** Whether a block says by a last line `...` that its command prints more. */
export const showsAll = (shown: string): boolean => shown.trimEnd().split('\n').at(-1)?.trim() !== '...';
