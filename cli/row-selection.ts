import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DataSelection } from '../contracts/data/dataset.ts';
import { age, bound, positiveInteger, rowsSource } from './arguments.ts';

export interface SelectionOptions {
  from?: number | string;
  to?: number | string;
  last?: number;
  limit?: number;
  source?: string;
}

/** The options that say which rows a run takes. */
export const withSelection = (command: Command): Command =>
  command
    .option('--from <bound>', 'first value of the time column', bound)
    .option('--to <bound>', 'last value of the time column', bound)
    .option('--last <duration>', 'rows of the time before the run starts, such as 90d', age)
    .option('--limit <rows>', 'so many rows at most', positiveInteger)
    .option(
      '--source <path>',
      'another file (from the current folder) or URL than the dataset names; with * in it, the newest one',
      rowsSource,
    );

const isUrl = (source: string): boolean => /^[a-z][a-z0-9+.-]+:/i.test(source);

/** A source is a path from where the command runs, or a URL. Nothing where no option was given: then the run takes the whole dataset. */
export function selectionOf({ from, to, last, limit, source }: SelectionOptions): { data?: DataSelection } {
  const absolute = source === undefined || isUrl(source) ? source : resolve(source);
  const given = Object.entries({ from, to, last, limit, source: absolute }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { data: Object.fromEntries(given) };
}
