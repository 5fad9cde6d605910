import { literal } from './duckdb.ts';

/** Path of an input of any name in the column `inputs`, a JSON pointer as SQL. */
export const inputPath = (name: string): string => literal(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
