import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import { programFiles, programResultSchema, type ProgramResult } from '../../../contracts/run/program-job.ts';

const mostNotes = 20;

/** Of a file that a program leaves. */
const mostBytes = 2 ** 31 - 2 ** 20;

const shownLines = 20;

/** With the last lines of a log. */
export const failed = (reason: string, log: readonly string[] = []): PawlError =>
  new PawlError(
    errorTypes.trainerFailed,
    [`the trainer's program: ${reason}`, ...log.slice(-shownLines).map((line) => `  ${line}`)].join('\n'),
  );

/** A file of the job's folder. Throws `TrainerFailedError` where there is none, it lies elsewhere, or it is too large. */
export async function readOwn(folder: string, name: string, what: string): Promise<Uint8Array> {
  const path = resolve(folder, name);
  const found = path.startsWith(`${folder}${sep}`) ? await stat(path).catch(() => null) : null;
  if (found?.isFile() !== true) throw failed(`${what}: ${name} is not a file of the folder PAWL_JOB`);
  if (found.size > mostBytes)
    throw failed(
      `${what}: ${name} has ${found.size} bytes, and ${mostBytes} are allowed: leave out what can be computed`,
    );
  return readFile(path);
}

/** Null, with a note, for one that is gone: a program may be further than its lines were read, and keep its last checkpoints alone. */
export async function readCheckpoint(folder: string, name: string, notes: string[]): Promise<Uint8Array | null> {
  try {
    return await readOwn(folder, name, 'it named a checkpoint that cannot be read');
  } catch (error) {
    const path = resolve(folder, name);
    if (!path.startsWith(`${folder}${sep}`) || existsSync(path)) throw error;
    if (notes.length < mostNotes) notes.push(`pawl: checkpoint ${name} was gone before it could be stored`);
    return null;
  }
}

export async function readResult(folder: string): Promise<ProgramResult> {
  const text = new TextDecoder().decode(await readOwn(folder, programFiles.result, 'it left no result'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failed(`${programFiles.result} is not JSON: ${(error as Error).message}`);
  }
  const result = programResultSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw failed(
    `${programFiles.result} cannot be read: ${[issue?.path.join('.'), issue?.message].filter(Boolean).join(': ')}`,
  );
}
