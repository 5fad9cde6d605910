import { didYouMean } from '../did-you-mean.ts';
import type { DatasetDefinition } from './dataset.ts';

/** The end of a message about a column that is not there: the one that was meant, or nothing. */
export function nearColumn(name: string, columns: DatasetDefinition['columns']): string {
  const near = didYouMean(name, Object.keys(columns));
  return near === null ? '' : `: did you mean "${near}"?`;
}
