import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isCompiled, modulePath } from '../../config/source-tree.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { residentBytes } from '../resident-bytes.ts';
import type { ExamineAnswer, ExamineQuestion } from './messages.ts';
import type { ImportExaminer, TakenImport } from './port.ts';

export interface ExamineLimits {
  readonly ms: number;
  /** Of the process; measured on Linux alone. */
  readonly memoryBytes: number;
}

/** A model of 2 GiB is read, written and loaded, perhaps twice. */
const usualLimits: ExamineLimits = { ms: 180_000, memoryBytes: 16 * 1024 ** 3 };

const script = modulePath('ports/import-examiner/examine-process');
const memoryEveryMs = 50;

export const createImportExaminer = (limits: ExamineLimits = usualLimits): ImportExaminer => ({
  async examine(model, definition, dataset, signal) {
    signal?.throwIfAborted();
    return inFolder(async (folder) => {
      const [source, target] = [join(folder, 'model.onnx'), join(folder, 'taken.onnx')];
      await writeFile(source, model);
      const answer = await ask({ source, target, whole: null, definition, dataset }, limits, signal);
      return takenFrom(answer, target);
    });
  },
  async examineFile(path, definition, dataset) {
    return inFolder(async (folder) => {
      const [whole, target] = [join(folder, 'whole.onnx'), join(folder, 'taken.onnx')];
      const answer = await ask({ source: resolve(path), target, whole, definition, dataset }, limits, undefined);
      const taken = await takenFrom(answer, target);
      const files = 'files' in answer ? answer.files : [];
      return { ...taken, files, whole: await readFile(files.length > 0 ? whole : path) };
    });
  },
});

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-import-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function takenFrom(answer: ExamineAnswer, target: string): Promise<TakenImport> {
  switch (answer.kind) {
    case 'refused':
      return { faults: answer.faults };
    case 'unusable':
      throw invalidModel(answer.message);
    case 'failed':
      throw new Error(`the model could not be examined: ${answer.message}`);
    case 'taken': {
      const { plan, isExchanged, drawn, warnings } = answer;
      return { faults: [], bytes: await readFile(target), plan, isExchanged, drawn, warnings };
    }
  }
}

const invalidModel = (message: string): PawlError => new PawlError(errorTypes.invalidModel, message);

/** Asks a process once. It has ended when this has. */
async function ask(
  question: ExamineQuestion,
  { ms, memoryBytes }: ExamineLimits,
  signal: AbortSignal | undefined,
): Promise<ExamineAnswer> {
  const child = fork(script, [], {
    execArgv: isCompiled ? [] : ['--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
    // Our standard output may be a machine's to read. Node's words about a full heap would say less than our message.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, killedBy) =>
      resolve(killedBy === null ? `ended with code ${code}` : `was killed by ${killedBy}`),
    );
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
  });
  let why: Error | null = null;
  const stop = (reason: Error): void => {
    why ??= reason;
    child.kill('SIGKILL');
  };
  const abort = (): void => stop(signal?.reason as Error);
  signal?.addEventListener('abort', abort);
  // It may have come before the process did.
  if (signal?.aborted === true) abort();
  const timer = setTimeout(
    () => stop(invalidModel(`to examine the model took longer than ${ms} ms: it was ended`)),
    ms,
  );
  const meter = setInterval(() => {
    if (memoryOf(child) > memoryBytes)
      stop(
        invalidModel(
          `to examine the model took more than the ${memoryBytes} bytes of memory that are allowed: it was ended`,
        ),
      );
  }, memoryEveryMs);
  let answer: ExamineAnswer | null = null;
  child.once('message', (said: ExamineAnswer) => (answer = said));
  child.send(question, () => undefined);
  try {
    const end = await exited;
    if (why !== null) throw why;
    if (answer !== null) return answer;
    throw invalidModel(`the process that examined the model ${end}: it may have needed more memory than there is`);
  } finally {
    clearTimeout(timer);
    clearInterval(meter);
    signal?.removeEventListener('abort', abort);
  }
}

const memoryOf = ({ pid }: ChildProcess): number => (pid === undefined ? 0 : residentBytes(pid));
