/** The words of a column's name in lower case: `customerId`, `customer_id` and `Customer ID` are `customer` and `id`. */
const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const idWords = new Set(['id', 'key', 'uuid', 'guid', 'index', 'unnamed']);
const codeWords = new Set(['zip', 'zipcode', 'postcode', 'phone']);
const sensitiveWords = new Set(
  'age sex gender race ethnicity ethnic religion nationality disability disabled'.split(' '),
);
const queryWords = new Set('query qid search srch session impression serp'.split(' '));
const birthWords = new Set(['birth', 'born', 'birthday', 'birthdate', 'dob']);
const timeWords = ['time', 'timestamp', 'datetime', 'date', 'day', 'created', 'at', 'ts', 'epoch'];

const lastOf = (name: string): string => wordsOf(name).at(-1) ?? '';

/** Whether the name ends as the names of ids do. */
export const isIdName = (name: string): boolean => idWords.has(lastOf(name));

/** Whether the name says that numbers of the column are codes. */
export const isCodeName = (name: string): boolean => isIdName(name) || codeWords.has(lastOf(name));

/** `id` and `key` before `customer_id`. */
export const idRank = (name: string): number => (wordsOf(name).length === 1 ? 0 : 1);

/** The word by which a column may be a sensitive attribute; null where there is none. */
export const sensitiveWord = (name: string): string | null =>
  wordsOf(name).find((word) => sensitiveWords.has(word)) ?? null;

/** Whether rows with one value of the column may compete, as results of a search do. */
export const isQueryName = (name: string): boolean => wordsOf(name).some((word) => queryWords.has(word));

export const isBirthName = (name: string): boolean => wordsOf(name).some((word) => birthWords.has(word));

/** The lower, the more the name says that it is the time of a row. */
export function timeRank(name: string): number {
  const words = wordsOf(name);
  const at = timeWords.findIndex((word) => words.includes(word));
  return at < 0 ? timeWords.length * 2 : at + (words.length === 1 ? 0 : timeWords.length);
}

const clockWords = new Set([...timeWords, 'unix', 'unixtime', 'seconds', 'secs', 'millis', 'milliseconds']);

/** Whether large numbers of the column may count seconds or milliseconds since 1970. */
export const isTimeName = (name: string): boolean => wordsOf(name).some((word) => clockWords.has(word));
