import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorTypes } from '../../contracts/names.ts';
import type { ImportExaminer } from '../../ports/import-examiner/port.ts';
import { adaptedTensors, definedTensors, pictureModel, plainExport } from '../support/tensor-models.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { patience } from '../support/patience.ts';

export interface ExaminerUnderTest {
  readonly examiner: ImportExaminer;
  /** One that may take hardly any time, or any memory. */
  readonly hurried: ImportExaminer;
  readonly starved: ImportExaminer;
  /** What examinations left behind: files, processes. */
  leftovers(): Promise<string[]>;
}

const label = { type: 'string', allowed: ['lying', 'standing', 'none'] };
const { definition, dataset } = definedTensors(label);
const invalid = { type: errorTypes.invalidModel };

/** What every examiner of imports must do. */
export function importExaminerSuite(name: string, subject: ExaminerUnderTest): void {
  describe(`import examiner: ${name}`, { timeout: patience(60_000) }, () => {
    const { examiner, hurried, starved } = subject;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pawl-examined-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test('takes an export, and says what it did', async () => {
      const taken = await examiner.examine(pictureModel('classes'), definition, dataset);
      expect(taken).toMatchObject({
        faults: [],
        plan: { outputs: { kind: 'classes' }, fixed: [{ name: 'pixels', size: 1 }, { name: 'logits' }] },
        isExchanged: false,
        drawn: [{ name: 'pixels', shape: [1, 12, 12], from: { min: 0, max: 1 } }],
      });
      expect('bytes' in taken && Buffer.from(taken.bytes)).toEqual(
        Buffer.from(encodeModel(adaptedTensors(pictureModel('classes'), label))),
      );
    });

    test('takes a file with its weights beside it, and gives them back inside', async () => {
      const path = join(folder, 'beside.onnx');
      await writeFile(path, plainExport.model);
      await expect(examiner.examineFile(path, definition, dataset)).rejects.toMatchObject(invalid);
      await writeFile(join(folder, 'model.onnx.data'), plainExport.data);
      const found = await examiner.examineFile(path, definition, dataset);
      expect(found.files).toMatchObject([{ name: 'model.onnx.data', bytes: plainExport.data.length }]);
      const again = await examiner.examine(found.whole, definition, dataset);
      expect('bytes' in found && 'bytes' in again && Buffer.from(found.bytes).equals(again.bytes)).toBe(true);
    });

    test('reads no file for bytes that name one', async () => {
      expect(await examiner.examine(plainExport.model, definition, dataset)).toEqual({
        faults: [expect.stringMatching(/lie in another file/)],
      });
    });

    test('refuses what does not fit, and what is not a model', async () => {
      const two = definedTensors({ type: 'string', allowed: ['a', 'b'] }, { positive: 'a' });
      expect(await examiner.examine(pictureModel('classes'), two.definition, two.dataset)).toEqual({
        faults: [expect.stringMatching(/has 3 columns, and "label" has 2 labels/)],
      });
      await expect(examiner.examine(new Uint8Array([1, 2, 3]), definition, dataset)).rejects.toMatchObject(invalid);
    });

    test('ends what takes too long, or too much memory', async () => {
      await expect(hurried.examine(pictureModel('classes'), definition, dataset)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringMatching(/took longer than \d+ ms: it was ended/) as string,
      });
      await expect(starved.examine(pictureModel('classes'), definition, dataset)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringMatching(/bytes of memory that are allowed: it was ended/) as string,
      });
    });

    test('ends with its caller, and leaves nothing behind', async () => {
      const stop = new AbortController();
      const examined = examiner.examine(pictureModel('classes'), definition, dataset, stop.signal);
      stop.abort(new Error('cancelled meanwhile'));
      await expect(examined).rejects.toThrow('cancelled meanwhile');
      const before = AbortSignal.abort(new Error('cancelled before'));
      await expect(examiner.examine(pictureModel('classes'), definition, dataset, before)).rejects.toThrow(
        'cancelled before',
      );
      expect(await subject.leftovers()).toEqual([]);
    });
  });
}
