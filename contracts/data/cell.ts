import type { Column } from './dataset.ts';

/** A value of one row and column, as a file, a request, a label or a log may hold it. */
export type Cell = string | number | bigint | boolean | null | undefined;

/** What tells how a cell is read: the declared type, and the words that mean "missing". */
export interface CellRule {
  readonly type: Column['type'];
  readonly missing?: readonly string[];
}

/** The rule of a column, without what else is declared of it. */
export const ruleOf = ({ type, missing = [] }: CellRule): CellRule => ({ type, missing });

/** Numbers of this magnitude and above are infinite in float32, which models compute in. */
export const float32Limit = 2 ** 128 - 2 ** 103;

const numeral = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const wholeNumeral = /^[+-]?\d{1,38}(\.0*)?$/;
const infinite = /^[+-]?inf(inity)?$/i;
const notAValue = /^([+-]?nan|nat)$/i;

/** Spellings of true and false in lower case: pandas, SQL, spreadsheets and flags that went through floating point. */
export const spellings = {
  true: ['true', 't', 'yes', 'y', 'on', '1', '1.0'],
  false: ['false', 'f', 'no', 'n', 'off', '0', '0.0'],
} as const;

const booleanOf: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ...spellings.true.map((text) => [text, 'true'] as const),
  ...spellings.false.map((text) => [text, 'false'] as const),
]);

/** A text of more characters is read as it is: trimming a long one would cost time, and it is not a number, boolean or time. */
const longestTrimmed = 4096;

/** ASCII white space, as DuckDB trims it before it reads a number. */
const isBlank = (unit: number): boolean => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);

/** In one walk from each end: an expression would try every run of blanks within the text. */
function trimmed(text: string): string {
  if (text.length > longestTrimmed) return text;
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

/** A cell without the blanks that its type ignores, so that they are walked over once: what is bare costs nothing more. */
const bareCell = (cell: Cell, { type }: CellRule): Cell =>
  typeof cell === 'string' && type !== 'string' ? trimmed(cell) : cell;

/** A text of more characters is not a number: reading it would cost time and say nothing. */
const longestNumeral = 400;

/** The number that a text writes, with a point; infinite where it says so or exceeds a double. Null where it is not a number (NaN included). */
export function readNumeral(text: string): number | null {
  const bare = trimmed(text);
  if (bare.length > longestNumeral) return null;
  if (numeral.test(bare)) return Number(bare);
  if (infinite.test(bare)) return bare.startsWith('-') ? -Infinity : Infinity;
  return null;
}

/**
 * A number as text, the same from every source: whole numbers below 1e16 without point or exponent, other numbers by their shortest digits,
 * with an exponent below 1e-4 and from 1e16 on; `inf` and `-inf`. NaN is the empty text.
 */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return '';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e-4 && size < 1e16) return String(value);
  return Number.isFinite(value) ? value.toExponential().replace('e+', 'e') : value > 0 ? 'inf' : '-inf';
}

/**
 * Whether a cell has no value: null, NaN, the empty text, a declared word, and blanks, `NaN` or `NaT` where a number, boolean or time is wanted.
 * A word that is a number, such as `-999`, is meant by its value: `-999.0` and the number -999 are missing too.
 */
export function isMissing(cell: Cell, rule: CellRule): boolean {
  return isEmpty(cell, rule.type) || (hasWords(rule) && isWord(cell, rule));
}

function isEmpty(cell: Cell, type: CellRule['type']): boolean {
  if (cell === null || cell === undefined || cell === '') return true;
  if (typeof cell === 'number') return Number.isNaN(cell);
  if (typeof cell !== 'string' || type === 'string') return false;
  const bare = trimmed(cell);
  return bare === '' || notAValue.test(bare);
}

const hasWords = ({ missing }: CellRule): boolean => missing !== undefined && missing.length > 0;

/** By what words and cells are compared: 9 is a word in a boolean column, and no spelling of true or false. */
const wordTypeOf = (type: CellRule['type']): CellRule['type'] => (type === 'boolean' ? 'number' : type);

const codesOfWords = new WeakMap<CellRule, ReadonlySet<string>>();

/** The declared words as codes by which cells are compared with them. */
export function wordCodes(rule: CellRule): ReadonlySet<string> {
  let codes = codesOfWords.get(rule);
  if (codes === undefined) {
    const type = wordTypeOf(rule.type);
    codes = new Set((rule.missing ?? []).map((word) => writtenCode(word, type)));
    codesOfWords.set(rule, codes);
  }
  return codes;
}

const isWord = (cell: Cell, rule: CellRule): boolean => wordCodes(rule).has(writtenCode(cell, wordTypeOf(rule.type)));

/**
 * A cell as the text of a category, a key or a label: the same text for the same value, whether it came as text, number or boolean. Empty
 * where it is missing. Text that cannot be read as the declared type stays as it is.
 */
export function codeOf(cell: Cell, rule: CellRule): string {
  const bare = bareCell(cell, rule);
  return isMissing(bare, rule) ? '' : writtenCode(bare, rule.type);
}

/** The code of a cell that is not empty, declared words included. */
function writtenCode(cell: Cell, type: CellRule['type']): string {
  if (type === 'string') return textOf(cell);
  if (typeof cell === 'bigint' && (type === 'integer' || type === 'timestamp')) return String(cell);
  const text = trimmed(textOf(cell));
  if (text.length > longestNumeral) return text;
  switch (type) {
    case 'integer':
      return wholeNumeral.test(text) ? String(BigInt(text.replace(/\..*$/, ''))) : wholeCode(text);
    case 'number':
      return numberCode(text);
    case 'boolean':
      return booleanOf.get(text.toLowerCase()) ?? text;
    case 'timestamp':
      return text;
  }
}

function textOf(cell: Cell): string {
  return typeof cell === 'number' ? numberText(cell) : String(cell);
}

function numberCode(text: string): string {
  const number = readNumeral(text);
  return number === null ? text : numberText(number);
}

/** Whole numbers in all their digits, so that `1e16` is the id that `10000000000000000` is; as far as files hold such. */
function wholeCode(text: string): string {
  const number = readNumeral(text);
  const isWide = number !== null && Math.abs(number) >= 1e16 && Math.abs(number) < 1e38;
  return isWide ? String(BigInt(number)) : numberCode(text);
}

/** A cell as a number, true and false of a boolean column as 1 and 0; NaN where it is missing, null where it is not a number. */
export function numberOfCell(cell: Cell, rule: CellRule): number | null {
  const bare = bareCell(cell, rule);
  if (isMissing(bare, rule)) return Number.NaN;
  if (rule.type === 'boolean') {
    const code = codeOf(bare, rule);
    return code === 'true' ? 1 : code === 'false' ? 0 : null;
  }
  if (typeof bare === 'boolean') return null;
  return typeof bare === 'string' ? readNumeral(bare) : Number(bare);
}

/** Whether a code that is not empty is a value of the type. An infinite number is a whole one: the range refuses it. */
export function isOfType(code: string, type: CellRule['type']): boolean {
  switch (type) {
    case 'boolean':
      return code === 'true' || code === 'false';
    case 'integer':
    case 'number': {
      const number = readNumeral(code);
      return number !== null && (type === 'number' || Number.isInteger(number) || !Number.isFinite(number));
    }
    case 'string':
      // ONNX Runtime ends a text there.
      return !code.includes('\0');
    case 'timestamp':
      return true;
  }
}

/** What a column of the type takes, for messages. */
export const acceptedOf: Readonly<Record<CellRule['type'], string>> = {
  boolean: `true or false (${[...spellings.true.slice(1), ...spellings.false.slice(1)].join(', ')} are read too)`,
  integer: 'a whole number such as 7',
  number: 'a number with a decimal point, such as 7 or 1.5',
  string: 'a text without NUL characters',
  timestamp: 'a time of ISO 8601, such as 2024-01-31T12:00:00Z',
};
