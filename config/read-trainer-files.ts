import { readFileSync, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { PawlError } from '../contracts/errors.ts';
import type { TrainerSettings } from '../contracts/model/trainer.ts';
import { errorTypes } from '../contracts/names.ts';
import type { ProgramFile } from '../contracts/run/program.ts';
import { readProgram } from './read-program.ts';
import type { Config } from './schema.ts';

type Project = Pick<Config, 'project'>;

const mostModelBytes = 2 ** 30;

/** Files of the project that a trainer takes; none of those that take only rows. Throws `InvalidConfigError`. */
export function readTrainerFiles(config: Project, trainer: TrainerSettings): ProgramFile[] {
  if (trainer.kind === 'command') return readProgram(config, trainer.folder);
  if (trainer.kind !== 'graph') return [];
  const path = modelPath(config, trainer.model);
  return [{ path: basename(path), bytes: readFileSync(path), executable: false }];
}

/** What keeps a trainer from being given its files. */
export function trainerFileFaults(config: Project, trainer: TrainerSettings): string[] {
  try {
    if (trainer.kind === 'graph') modelPath(config, trainer.model);
    if (trainer.kind !== 'command') return [];
    const files = readProgram(config, trainer.folder);
    const { requirements } = trainer;
    return requirements === undefined || files.some(({ path }) => path === requirements)
      ? []
      : [`trainer.requirements: ${trainer.folder} has no file ${requirements}: add it, or correct the name`];
  } catch (error) {
    if (error instanceof PawlError) return [error.message];
    throw error;
  }
}

/** Throws `InvalidConfigError` where it is not a file in the project, or too large to be kept with each run. */
function modelPath({ project }: Project, model: string): string {
  const path = resolve(project, model);
  const wrong = (reason: string): PawlError =>
    new PawlError(errorTypes.invalidConfig, `trainer.model: ${model} ${reason}`, { model });
  if (!path.startsWith(`${resolve(project)}${sep}`)) throw wrong('is not a file in the project: move it there');
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() !== true) throw wrong('is not a file: correct it, or add the model');
  if (file.size > mostModelBytes)
    throw wrong(`has ${file.size} bytes, and each run keeps a copy of at most ${mostModelBytes}: take a smaller model`);
  return path;
}
