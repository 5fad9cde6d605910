import { existsSync } from 'node:fs';
import { copyFile, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { packageRoot } from '../../config/source-tree.ts';
import type { Entry } from '../../policy/guess/entry.ts';
import type { ProjectGuess } from '../../policy/guess/guess-project.ts';
import type { TableEngine } from '../../ports/table-engine/port.ts';
import { CommandFailed } from '../errors.ts';
import { datasheetText } from './datasheet.ts';
import { definitionText } from './definition-text.ts';

/** What the files of a project are called that `pawl init` writes. */
export interface ProjectFiles {
  readonly dataset: string;
  readonly datasheet: string;
  readonly model: string;
  /** The file that runs read. */
  readonly rows: string;
}

interface Names {
  readonly dataset: string;
  readonly model: string;
}

/** Where files go. Throws `CommandFailed` where one of them is there. */
export async function filesFor(
  config: Pick<Config, 'project' | 'models'>,
  { dataset, model }: Names,
  source: string,
  isNumbered: boolean,
): Promise<ProjectFiles> {
  const folder = join(config.project, 'datasets', dataset);
  const files = {
    dataset: join(folder, 'dataset.yaml'),
    datasheet: join(folder, 'DATASHEET.md'),
    model: join(config.models, `${model}.yaml`),
    rows: isNumbered ? join(folder, `${dataset}-numbered.csv`) : await rowsIn(folder, dataset, source),
  };
  const there = Object.values(files).filter((path) => existsSync(path) && path !== resolve(source));
  if (there.length > 0)
    throw new CommandFailed(
      `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already: move ${there.length === 1 ? 'it' : 'them'}, or choose other names with --name and --dataset; nothing was written`,
    );
  return files;
}

/** A file that lies in the dataset's folder stays where it is; a source with `*` would be a pattern. */
async function rowsIn(folder: string, dataset: string, source: string): Promise<string> {
  const path = resolve(source);
  const isInside = existsSync(folder) && (await realpath(path)).startsWith((await realpath(folder)) + sep);
  return isInside && !path.includes('*') ? path : join(folder, `${dataset}${endingOf(path)}`);
}

const endingOf = (path: string): string => {
  const last = extname(path).toLowerCase();
  return last === '.gz' || last === '.zst' ? `${extname(basename(path, extname(path))).toLowerCase()}${last}` : last;
};

/** Writes what was guessed. The rows come first, so that no definition names a file that is not there. */
export async function writeProject(
  tables: Pick<TableEngine, 'numberRows'>,
  files: ProjectFiles,
  source: string,
  encoding: 'utf-8' | 'utf-16' | 'latin-1' | undefined,
  guess: ProjectGuess,
): Promise<void> {
  const folder = dirname(files.dataset);
  await mkdir(folder, { recursive: true });
  await mkdir(dirname(files.model), { recursive: true });
  if (guess.rowNumber !== null)
    await tables.numberRows({ source, target: files.rows, column: guess.rowNumber, csv: { encoding } });
  else if (files.rows !== resolve(source)) await copyFile(source, files.rows);
  const [name, ...others] = guess.dataset;
  const place: Entry[] = [
    ...(name === undefined ? [] : [name]),
    { path: ['source'], value: relative(folder, files.rows).split(sep).join('/') },
  ];
  await writeNew(files.dataset, definitionText(schemaFor(folder, 'dataset'), about, [...place, ...others]));
  await writeNew(files.model, definitionText(schemaFor(dirname(files.model), 'model'), about, guess.model));
  const dataset = basename(folder);
  await writeNew(files.datasheet, datasheetText(dataset, basename(files.rows), guess));
}

const about = 'Written by `pawl init`: check what is guessed, and delete its comment.';

const schemaFor = (folder: string, name: string): string =>
  relative(folder, join(packageRoot, 'docs', 'reference', 'schemas', `${name}.schema.json`))
    .split(sep)
    .join('/');

const writeNew = (path: string, text: string): Promise<void> => writeFile(path, text, { flag: 'wx' });

/** Throws `CommandFailed` for what is not a file. */
export async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new CommandFailed(`there is no file ${path}: name the file of your rows`);
  if (!found.isFile()) throw new CommandFailed(`${path} is not a file: name the file of your rows`);
}
