import { readFile, stat, writeFile } from 'node:fs/promises';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { openInference } from '../inference/open-inference.ts';
import { beModelProcess } from '../be-model-process.ts';
import type { ExamineAnswer, ExamineQuestion } from './messages.ts';
import { takeImport } from './take-import.ts';
import { mostBytes, tooMuch, withWeightsBeside } from './weights-beside.ts';

/** The process that examines one model: it is asked once, answers, and ends. */
beModelProcess();

const longestMessage = 8_000;

async function examine(question: ExamineQuestion): Promise<ExamineAnswer> {
  const { source, target, whole, definition, dataset } = question;
  try {
    const inference = openInference();
    if ((await stat(source)).size > mostBytes) throw tooMuch();
    const own = await readFile(source);
    const { bytes: model, files } = whole === null ? { bytes: own, files: [] } : await withWeightsBeside(source, own);
    if (whole !== null && files.length > 0) await writeFile(whole, model);
    const taken = await takeImport(model, definition, dataset, (bytes) => inference.load(bytes));
    if (!('bytes' in taken)) return { kind: 'refused', faults: taken.faults, files };
    const { bytes, plan, isExchanged, drawn, warnings } = taken;
    await writeFile(target, bytes);
    return { kind: 'taken', plan, isExchanged, drawn, warnings, files };
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, longestMessage);
    const isModels = error instanceof PawlError && error.type === errorTypes.invalidModel;
    return { kind: isModels ? 'unusable' : 'failed', message };
  }
}

process.once('message', (question: ExamineQuestion) => {
  void examine(question).then((answer) => process.send?.(answer, () => process.exit(0)));
});
