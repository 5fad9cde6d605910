import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SplitManifest } from '../../contracts/data/split.ts';
import { patience } from '../support/patience.ts';
import { pawl, pawlJson } from '../support/pawl.ts';

const lines = Array.from({ length: 600 }, (_, n) => `${n + 1},${20 + (n % 50)},${n % 3 === 0 ? 'yes' : 'no'}`);
const csv = `id,visits,left\n${lines.join('\n')}\n`;

let folder: string;
let project: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
  project = join(folder, 'project');
  await mkdir(project);
  env = { ...process.env, PAWL_PROJECT: project, PAWL_HOME: join(folder, 'home') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
/** Paths of all files of the project. */
const written = async (): Promise<string[]> =>
  (await readdir(project, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
    .toSorted();

interface Printed {
  readonly model: string;
  readonly rowNumber: string | null;
  readonly guesses: readonly { readonly what: string; readonly guess: unknown; readonly why: string }[];
  readonly next: string;
}

describe('pawl init', { timeout: patience(60_000) }, () => {
  it('names model, dataset and copy after the file, leaves the file alone, and says each guess with its reason', async () => {
    const source = await file('Kündigungen 2024.CSV', csv);
    const { model, rowNumber, guesses, next } = await pawlJson<Printed>(['init', source, '--target', 'left'], env);
    expect({ model, rowNumber, next }).toEqual({
      model: 'kundigungen-2024',
      rowNumber: null,
      next: 'npx pawl run kundigungen-2024 --watch',
    });
    expect(await written()).toEqual([
      'datasets/kundigungen-2024/DATASHEET.md',
      'datasets/kundigungen-2024/dataset.yaml',
      'datasets/kundigungen-2024/kundigungen-2024.csv',
      'models/kundigungen-2024.yaml',
    ]);
    expect(await readFile(join(project, 'datasets', model, `${model}.csv`), 'utf8')).toBe(csv);
    expect(await readFile(source, 'utf8')).toBe(csv);
    expect(guesses).toContainEqual({
      file: 'dataset',
      what: 'key',
      guess: 'id',
      why: 'no value is missing or occurs twice, and it is named as keys are',
    });
    const datasheet = await readFile(join(project, 'datasets', model, 'DATASHEET.md'), 'utf8');
    expect(datasheet).toContain('600 rows, 600 with a label. Rows have no time.');
    const manifest = await pawlJson<SplitManifest>(['split', model, join(folder, 'parts')], env);
    expect(manifest.parts.train.rows + manifest.parts.validation.rows + manifest.parts.test.rows).toBe(600);
  });

  it('says what to type in another terminal, and what a command without a server should name', async () => {
    const { stdout } = await pawl(['init', await file('rows.csv', csv), '--target', 'left'], env);
    expect(stdout).toContain(
      `with \`PAWL_PROJECT=${project} npx pawl up\` in another terminal:\n  npx pawl run rows --watch\n`,
    );
    const { TEMPORAL_ADDRESS: _address, ...alone } = env;
    const { code, stderr } = await pawl(['run', 'rows'], alone);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no Temporal server runs for this project .* PAWL_PROJECT names another project\n$/);
  });

  it('uses a file in the folder of the dataset where it lies', async () => {
    const place = join(project, 'datasets', 'visits');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'All Rows.csv'), csv);
    await pawlJson(
      ['init', join(place, 'All Rows.csv'), '--target', 'left', '--name', 'churn', '--dataset', 'visits'],
      env,
    );
    expect(await written()).toEqual([
      'datasets/visits/All Rows.csv',
      'datasets/visits/DATASHEET.md',
      'datasets/visits/dataset.yaml',
      'models/churn.yaml',
    ]);
    expect(await readFile(join(place, 'dataset.yaml'), 'utf8')).toContain('source: All Rows.csv\n');
  });

  it('reads Parquet, whose numbers and times have types', async () => {
    const source = join(folder, 'rows.parquet');
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run(
      `copy (select n as id, n % 7 as visits, timestamp '2024-01-01' + to_hours(n::int) as at, n % 3 = 0 as "left" from range(600) t(n)) to '${source}' (format parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    const { guesses } = await pawlJson<Printed>(['init', source, '--target', 'left'], env);
    expect(guesses).toContainEqual(expect.objectContaining({ what: 'time', guess: 'at' }));
    expect(guesses).toContainEqual(
      expect.objectContaining({ what: 'columns.left', guess: { type: 'boolean', kind: 'target' } }),
    );
    const manifest = await pawlJson<SplitManifest>(['split', 'rows', join(folder, 'parts')], env);
    expect(manifest.parts.test.rows).toBe(120);
  });

  it('overwrites nothing: it names what is there, and writes nothing', async () => {
    const source = await file('churn.csv', csv);
    await mkdir(join(project, 'models'));
    await writeFile(join(project, 'models', 'churn.yaml'), 'mine');
    const { code, stdout, stderr } = await pawl(['init', source, '--target', 'left'], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `pawl: ${join(project, 'models', 'churn.yaml')} is there already: move it, or choose other names with --name and --dataset; nothing was written\n`,
    );
    expect(await written()).toEqual(['models/churn.yaml']);
    expect(await readFile(join(project, 'models', 'churn.yaml'), 'utf8')).toBe('mine');
  });

  it.each<[string, string, string[], RegExp]>([
    ['a name that occurs twice', csv.replace('visits', 'id'), [], /its header names "id" twice: rename one/],
    [
      'names that differ by case',
      csv.replace('visits', 'ID'),
      [],
      /"id" and "ID", which differ by case alone: rename one/,
    ],
    ['a second column without a name', csv.replace('visits', ''), [], /column 2 of its header has no name: name it/],
    ['a line with a field too many', `${csv}601,1,no,x\n`, [], /line 602 has 4 fields where the header has 3/],
    [
      'a title above its header',
      `Visits of 2024\n${csv}`,
      [],
      /line 2 has . fields where .*`pawl init` guesses neither of them: correct the file, or write dataset\.yaml by hand/,
    ],
    ['no target', csv.replace('left', 'gone'), [], /has no column "left": name one of id, visits, gone/],
    [
      'a target of one value',
      csv.replaceAll('yes', 'no'),
      [],
      /the target "left" has one value: name a column with two/,
    ],
    ['a key that repeats', csv, ['--key', 'visits'], /550 rows repeat the "visits" of another row: name another key/],
    ['a time that is none', csv, ['--time', 'visits'], /not every "visits" is a time: correct the file/],
    [
      'a key that is not in the file',
      csv,
      ['--key', 'no'],
      /the key "no" is not in the file: name one of id, visits, left/,
    ],
    ['the target as key', csv, ['--key', 'left'], /the key cannot be the target: name two columns/],
  ])('refuses a file with %s, says what to do, and writes nothing', async (_, content, options, message) => {
    const source = await file('churn.csv', content);
    const { code, stdout, stderr } = await pawl(['init', source, '--target', 'left', ...options], env);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(await written()).toEqual([]);
  });

  it('ends with 2 for a name that no model can have, and with 1 for a file that is not there', async () => {
    const source = await file('churn.csv', csv);
    const named = await pawl(['init', source, '--target', 'left', '--name', 'My Model'], env);
    expect(named.stderr).toMatch(/--name.*'My Model' is invalid\. a name has lower case letters, digits and dashes/);
    expect(named.code).toBe(2);
    const gone = await pawl(['init', join(folder, 'gone.csv'), '--target', 'left'], env);
    expect(gone).toMatchObject({
      code: 1,
      stderr: `pawl: there is no file ${join(folder, 'gone.csv')}: name the file of your rows\n`,
    });
  });
});
