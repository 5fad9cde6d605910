import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { onePath } from '../sql.ts';
import type { Database } from './connection.ts';

/** A file with a fault; a retry reads the same bytes. */
export const invalidSource = (path: string, why: string): PawlError =>
  new PawlError(errorTypes.invalidData, `${path} cannot be read: ${why}`, { source: path });

/** One file as SQL: DuckDB takes a path for a pattern, and folders named `a=b` for columns. */
export const fileSql = (database: Database, path: string): string => database.bind(onePath(path));

/** Throws `InvalidDataError` for a name with a NUL character, which ends a statement, and for one that objects have already. */
function checkCharacters(path: string, names: readonly string[]): void {
  if (names.includes('__proto__')) throw invalidSource(path, 'no column can have the name "__proto__": rename it');
  const odd = names.find((name) => name.includes('\0'));
  if (odd !== undefined)
    throw invalidSource(path, `the name of its column ${JSON.stringify(odd)} has a NUL character: rename it`);
}

/** SQL takes `Age` and `age` for one column. Throws `InvalidDataError` for names that are empty or not told apart. */
export function checkColumnNames(path: string, names: readonly string[]): void {
  checkCharacters(path, names);
  const seen = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    if (name === '')
      throw invalidSource(
        path,
        `column ${i + 1} of its header has no name: name it, or write the file without it (pandas: index=False)`,
      );
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw invalidSource(
        path,
        `its header names ${other === name ? `"${name}" twice` : `"${other}" and "${name}", which differ by case alone`}: rename one`,
      );
    seen.set(name.toLowerCase(), name);
  }
}
