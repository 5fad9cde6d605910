import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withWeightsBeside } from '../../ports/import-examiner/weights-beside.ts';
import { farWeights } from '../../ml/onnx/far-weights.ts';
import { decodeModel, encodeModel, type StringStringEntryProto } from '../../ml/onnx/proto.ts';
import { patience } from '../support/patience.ts';
import { pictureCase, plainExport } from '../support/tensor-models.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-weights-'));
  await mkdir(join(folder, 'model'));
  path = join(folder, 'model', 'model.onnx');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const place = (name: string): string => join(folder, 'model', name);

/** The plain export, its external data said otherwise. */
function saying(change: (entries: StringStringEntryProto[]) => StringStringEntryProto[]): Uint8Array {
  const model = decodeModel(plainExport.model);
  for (const { tensor } of farWeights(model)) tensor.externalData = change(tensor.externalData ?? []);
  return encodeModel(model);
}

const at = (location: string): Uint8Array =>
  saying((entries) => entries.map((entry) => (entry.key === 'location' ? { ...entry, value: location } : entry)));

test('takes the weights in that PyTorch writes beside a model, and answers as PyTorch does', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data);
  const taken = await withWeightsBeside(path, plainExport.model);
  const sha256 = createHash('sha256').update(plainExport.data).digest('hex');
  expect(taken.files).toEqual([{ name: 'model.onnx.data', bytes: plainExport.data.length, sha256 }]);
  expect(farWeights(decodeModel(taken.bytes))).toEqual([]);
  const session = await InferenceSession.create(taken.bytes, { logSeverityLevel: 4 });
  const input = new Tensor('float32', Float32Array.from(pictureCase.pixels[0]!), [1, 1, 12, 12]);
  const found = await session.run({ [session.inputNames[0]!]: input });
  await session.release();
  const logits = Array.from(found[session.outputNames[0]!]!.data as Float32Array);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  logits.forEach((logit, i) => expect(Math.exp(logit) / sum).toBeCloseTo(pictureCase.probabilities[0]![i]!, 4));
});

test('leaves a model alone whose weights are inside', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data);
  const { bytes } = await withWeightsBeside(path, plainExport.model);
  const again = await withWeightsBeside(path, bytes);
  expect(again).toEqual({ bytes, files: [] });
});

test.each([
  ['../secret.bin', /lie in "\.\.\/secret\.bin", which is not a file in the folder of the model/],
  ['/etc/hostname', /"\/etc\/hostname", which is not a file in the folder/],
  ['', /lie in "", which is not a file in the folder/],
  ['.', /which is not a file in the folder/],
  ['folder', /which is not a file in the folder/],
  ['linked.bin', /"linked\.bin", which is a link that leads out of the folder of the model: put the file itself there/],
  ['none.bin', /lie in "none\.bin", which is not beside it: put the file there/],
])('reads no file but those in the folder of the model: "%s"', async (location, message) => {
  await writeFile(join(folder, 'secret.bin'), plainExport.data);
  await symlink(join(folder, 'secret.bin'), place('linked.bin'));
  await mkdir(place('folder'));
  await expect(withWeightsBeside(path, at(location))).rejects.toThrow(message);
});

test('refuses a file that is cut off', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data.subarray(0, -1));
  await expect(withWeightsBeside(path, plainExport.model)).rejects.toThrow(/the file is cut off, or of another model/);
});

test('refuses a file that is not the one that the model was saved with', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data);
  const sha1 = createHash('sha1').update(plainExport.data).digest('hex');
  const checked = (checksum: string) => saying((entries) => [...entries, { key: 'checksum', value: checksum }]);
  expect((await withWeightsBeside(path, checked(sha1))).files).toHaveLength(1);
  await expect(withWeightsBeside(path, checked('0'.repeat(40)))).rejects.toThrow(/SHA-1 differs/);
});

test('refuses more than ONNX Runtime takes, without reading it', async () => {
  const three = 3 * 1024 ** 3;
  await writeFile(place('model.onnx.data'), '');
  await truncate(place('model.onnx.data'), three);
  const large = saying((entries) => [
    ...entries.filter(({ key }) => key === 'location'),
    { key: 'length', value: String(three) },
  ]);
  const started = performance.now();
  await expect(withWeightsBeside(path, large)).rejects.toThrow(/more than 2 GiB/);
  expect(performance.now() - started).toBeLessThan(1_000);
});

/** The plain export with copies of its tensor, which lie where `entries` says. */
function placed(copies: number, entries: (i: number) => Record<string, string>): Uint8Array {
  const model = decodeModel(plainExport.model);
  const [first] = farWeights(model);
  const entriesOf = (i: number) => Object.entries(entries(i)).map(([key, value]) => ({ key, value }));
  first!.tensor.externalData = entriesOf(0);
  for (let i = 1; i < copies; i += 1)
    model.graph.initializer.push({ ...first!.tensor, name: `copy${i}`, externalData: entriesOf(i) });
  return encodeModel(model);
}

test.each(['-1e15', 'NaN', 'Infinity', '-Infinity', '1e300', '1.5', 'twelve', '-8'])(
  'refuses weights of such a length before it reads a byte: %s',
  async (length) => {
    // Sparse: whoever read it would take long.
    await writeFile(place('model.onnx.data'), '');
    await truncate(place('model.onnx.data'), 2 * 1024 ** 3 - 100_000);
    const hostile = (key: string) =>
      placed(2, (i) => ({ location: 'model.onnx.data', ...(i === 0 ? {} : { [key]: length }) }));
    for (const key of ['length', 'offset']) {
      const started = performance.now();
      await expect(withWeightsBeside(path, hostile(key))).rejects.toThrow(
        /weights "[\w.]+" lie at .*: the file is cut off, or of another model/,
      );
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  },
);

test('reads a file once that is named in several ways', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data);
  await symlink(place('model.onnx.data'), place('same.data'));
  const ways = ['model.onnx.data', './model.onnx.data', 'same.data', 'none/../model.onnx.data'];
  const named = placed(ways.length, (i) => ({ location: ways[i]!, offset: '0', length: '768' }));
  const { files, bytes } = await withWeightsBeside(path, named);
  expect(files.map(({ name }) => name)).toEqual(['model.onnx.data']);
  expect(farWeights(decodeModel(bytes))).toEqual([]);
});

test('refuses files of more than 2 GiB, however little of them is named', async () => {
  await writeFile(place('model.onnx.data'), '');
  await truncate(place('model.onnx.data'), 3 * 1024 ** 3);
  const some = placed(1, () => ({ location: 'model.onnx.data', offset: '0', length: '8' }));
  const started = performance.now();
  await expect(withWeightsBeside(path, some)).rejects.toThrow(/more than 2 GiB/);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('waits for no pipe that lies where the weights should', async () => {
  execFileSync('sh', ['-c', 'mkfifo "$0"', place('model.onnx.data')]);
  await expect(withWeightsBeside(path, plainExport.model)).rejects.toThrow(/which is not a file in the folder/);
});

test.each([
  ['with a zero', 'a\0b'],
  ['that is too long', 'a'.repeat(100_000)],
  ['with control characters', 'a\n\u001b[31mb'],
])('says plainly that there is no file of a name %s', async (_, location) => {
  const said = await withWeightsBeside(path, at(location)).catch((error: Error) => error);
  expect(said).toMatchObject({ name: 'InvalidModelError', message: expect.stringMatching(/^[ -~…]{1,300}$/) });
});

test('takes very many tensors from one file', async () => {
  await writeFile(place('model.onnx.data'), plainExport.data);
  const model = placed(40_000, () => ({ location: 'model.onnx.data', offset: '0', length: '768' }));
  const started = performance.now();
  expect((await withWeightsBeside(path, model)).files).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(patience(5_000));
});
