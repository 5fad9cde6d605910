import { execFile } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../config/source-tree.ts';
import { createRandom } from '../../ml/random.ts';
import { pairedBootstrapSteps } from '../../ml/statistics/paired-bootstrap.ts';
import { features, sensitive, type JudgeCase } from './case.ts';
import { alpha, bootstrapOf, seed, type Effort, type Figures } from './stages.ts';

export const peerPackages = [
  'scikit-learn==1.9.1',
  'fairlearn==0.15.0',
  'onnxruntime==1.30.0',
  'numpy==2.4.6',
  'pandas==3.1.1',
  'scipy==1.17.1',
];
export const peerName = 'scikit-learn and fairlearn';

/** One thread, as ours. */
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
const program = join(packageRoot, 'bench', 'judge', 'peer.py');
const run = promisify(execFile);

export interface Judged {
  readonly seconds: number;
  readonly figures: Figures;
}

/** Judges what `writeCase` wrote, in a process of its own. */
export async function askPeer(python: string, folder: string, stage: string): Promise<Judged> {
  const { stdout } = await run(python, [program, folder, stage], { env: { ...process.env, ...oneThread } });
  return JSON.parse(stdout) as Judged;
}

/** Writes the rows as arrays, and what our bootstrap and our shuffles draw, so that the peer judges the same. */
export async function writeCase(folder: string, judged: JudgeCase, effort: Effort): Promise<void> {
  const { frame, outcomes, model } = judged;
  const { resamples, repeats } = effort;
  const write = (name: string, data: NodeJS.ArrayBufferView | string) => writeFile(join(folder, name), data);
  const bands = sensitive.flatMap((attribute) => attribute.bands ?? []);
  await write('facts.json', JSON.stringify({ alpha, bands, features, repeats, seed }));
  await write('model.onnx', model);
  await write('truth', Uint8Array.from(outcomes.truth));
  for (const side of ['candidate', 'champion'] as const) {
    await write(`${side}.answer`, Uint8Array.from(judged[side].answer));
    await write(`${side}.score`, judged[side].scores);
  }
  await write('sex', (frame.columns.sex!.values as string[]).join('\n'));
  await write('age', frame.columns.age!.values as Float64Array);
  await writeEach(
    join(folder, 'inputs'),
    features.map((name) => Float32Array.from(frame.columns[name]!.values as Float64Array)),
  );
  await writeEach(join(folder, 'weights'), drawnWeights(judged, resamples));
  await writeEach(join(folder, 'orders'), shuffles(frame.rowCount, repeats));
}

async function writeEach(path: string, parts: Iterable<NodeJS.ArrayBufferView>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const { buffer, byteOffset, byteLength } of parts)
      await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
  } finally {
    await file.close();
  }
}

/** How often each resample of the bootstrap draws each row. */
function* drawnWeights(judged: JudgeCase, resamples: number): Generator<Uint8Array> {
  let drawn: ArrayLike<number> | undefined;
  const watching = {
    name: 'accuracy',
    prepare: () => (weights?: ArrayLike<number>) => {
      drawn = weights;
      return 0;
    },
  } as const;
  for (const _ of pairedBootstrapSteps({ ...bootstrapOf(judged, resamples), metrics: [watching] }))
    yield Uint8Array.from(drawn!);
}

/** The order of each shuffle from that of the shuffle before: scikit-learn shuffles a column that is shuffled already. */
function* shuffles(rows: number, repeats: number): Generator<Int32Array> {
  const random = createRandom(seed);
  for (const _ of features) {
    const placeOf = Int32Array.from({ length: rows }, (_, row) => row);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const order = random.permutation(rows);
      yield order.map((row) => placeOf[row]!);
      order.forEach((row, place) => (placeOf[row] = place));
    }
  }
}
