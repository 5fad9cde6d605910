import { join } from 'node:path';
import { packageRoot } from '../../config/source-tree.ts';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { createRandom } from '../../ml/random.ts';
import { openPorts } from '../../ports/open-ports.ts';
import type { Table } from './tables.ts';

/** The table of the demo, with the features of `models/employment.yaml`: a fifth of its rows, drawn by the seed, judge. */
export async function acsTable(seed: number): Promise<Table> {
  const config = loadConfig({ PAWL_PROJECT: packageRoot });
  const ports = openPorts(config, definitionLoaders(config));
  try {
    const definition = await ports.definitions.model('employment');
    const dataset = await ports.definitions.datasetOf(definition);
    const frame = await ports.tables.readFrame({
      path: join(packageRoot, 'datasets', 'acs-employment', 'acs-employment.parquet'),
      dataset,
      columns: [...definition.features, dataset.target],
    });
    const order = createRandom(seed).permutation(frame.rowCount);
    const cut = Math.floor(0.8 * frame.rowCount);
    const side = (rows: Int32Array) => {
      const part = taken(frame, rows);
      return {
        frame: part,
        labels: Float64Array.from([...part.columns[dataset.target]!.values], Number),
      };
    };
    return {
      features: definition.features.map((name) => ({ name, column: dataset.columns[name]! })),
      train: side(order.subarray(0, cut)),
      test: side(order.subarray(cut)),
    };
  } finally {
    await ports.close();
  }
}

const taken = (frame: Frame, rows: Int32Array): Frame => ({
  rowCount: rows.length,
  columns: Object.fromEntries(
    Object.entries(frame.columns).map(([name, data]) => [
      name,
      data.type === 'string'
        ? { type: 'string', values: Array.from(rows, (row) => data.values[row]!) }
        : { type: 'number', values: Float64Array.from(rows, (row) => data.values[row]!) },
    ]),
  ),
});
