import type { DataSelection, DatasetDefinition } from '../../contracts/data/dataset.ts';
import { atTime } from '../../contracts/data/selection.ts';
import { localSource } from './local-source.ts';
import { isPattern } from './newest-partition.ts';

/** What a selection means for a run that was due then (milliseconds since the epoch): its window as bounds, its partition as one file. */
export async function resolveSelection(
  selection: DataSelection,
  { source: declared }: Pick<DatasetDefinition, 'source'>,
  due: number,
): Promise<DataSelection> {
  const bounded = atTime(selection, due);
  const source = selection.source ?? declared;
  return isPattern(source) ? { ...bounded, source: await localSource(source, declared) } : bounded;
}
