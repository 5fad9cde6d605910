import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../config/source-tree.ts';
import type { ColumnData } from '../../contracts/data/frame.ts';
import type { LabelledFrame, Table } from './tables.ts';

export const peerPackages = ['lightgbm==4.6.0', 'scikit-learn==1.9.1', 'numpy==2.4.6', 'scipy==1.17.1'];
export type Peer = 'LightGBM' | 'HistGradientBoosting';

const program = join(packageRoot, 'bench', 'train', 'peer.py');
const run = promisify(execFile);

export interface Trained {
  readonly seconds: number;
  /** Log loss of the test rows. */
  readonly loss: number;
}

/** What a peer makes of the table that `writeTable` left in a folder. */
export async function askPeer(python: string, folder: string, peer: Peer): Promise<Trained> {
  const { stdout } = await run(python, [program, folder, peer]);
  return JSON.parse(stdout) as Trained;
}

/** Writes the rows as arrays; a category is the number of its code among those of the training rows, NaN where it is missing. */
export async function writeTable(folder: string, table: Table, settings: object): Promise<void> {
  const { features, train, test } = table;
  const categories = features.flatMap(({ column }, i) => (column.kind === 'categorical' ? [i] : []));
  await writeFile(join(folder, 'facts.json'), JSON.stringify({ ...settings, width: features.length, categories }));
  const codes = new Map(
    categories.map((i) => {
      const seen = new Set(train.frame.columns[features[i]!.name]!.values as readonly string[]);
      return [i, new Map([...seen].filter((code) => code !== '').map((code, at) => [code, at]))];
    }),
  );
  const write = async (side: string, { frame, labels }: LabelledFrame): Promise<void> => {
    const columns = features.map(({ name }, i) => numbersOf(frame.columns[name]!, codes.get(i)));
    await writeFile(join(folder, `${side}.x`), Buffer.concat(columns.map((of) => Buffer.from(of.buffer))));
    await writeFile(join(folder, `${side}.y`), labels);
  };
  await write('train', train);
  await write('test', test);
}

const numbersOf = (data: ColumnData, codes: ReadonlyMap<string, number> | undefined): Float32Array =>
  data.type === 'string'
    ? Float32Array.from(data.values, (text) => codes?.get(text) ?? Number.NaN)
    : Float32Array.from(data.values);
