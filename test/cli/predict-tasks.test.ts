import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetDefinitionSchema, type Column, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { createWorld, type World } from '../gateway/harness.ts';
import { pawl } from '../support/pawl.ts';
import { patience } from '../support/patience.ts';
import { classesModel, lineModel, quantilesModel } from './task-models.ts';

let world: World;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await createWorld();
  folder = await mkdtemp(join(tmpdir(), 'pawl-predict-tasks-'));
  env = { ...process.env, PAWL_HOME: world.config.home, PAWL_STORE: world.config.store };
});
afterAll(async () => {
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const homes = (target: Partial<Column>): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    dataset: 'homes',
    source: 'homes.csv',
    key: 'id',
    target: 'worth',
    columns: {
      id: { type: 'string', kind: 'key' },
      search: { type: 'integer', kind: 'carried' },
      area: { type: 'number', kind: 'numeric', nullable: true },
      worth: { type: 'number', kind: 'target', ...target },
    },
  });

/** A version of a model of one feature, `area`. */
async function version(name: string, bytes: Uint8Array, target: Partial<Column>, definition: object): Promise<void> {
  const defined = { model: name, dataset: 'homes', features: ['area'], positive: undefined, ...definition };
  await world.addVersion(bytes, name, {}, false, homes(target), true, defined);
}

async function predicted(name: string, csv: string, out = 'out.csv') {
  const [source, target] = [join(folder, 'in.csv'), join(folder, out)];
  await rm(target, { force: true });
  await writeFile(source, csv);
  const { code, stdout, stderr } = await pawl(['predict', `${name}@1`, source, target], env);
  const written = code === 0 ? (await readFile(target, 'utf8')).trim().split('\n') : null;
  return { code, stdout, stderr, written };
}

const ranking = { task: 'ranking', query: 'search', split: { by: 'group', group: 'search' } };

describe('pawl predict', { timeout: patience(120_000) }, () => {
  it('writes scores below 0 of a ranking, whose labels alone are grades', async () => {
    await version('rank', lineModel('area', 0.5, -10), { type: 'integer' }, ranking);
    expect((await predicted('rank', 'id,area\na,2\nb,100\nc,20\n')).written).toEqual([
      'id,area,prediction,model_version',
      'a,2,-9.0,1',
      'b,100,40.0,1',
      'c,20,0.0,1',
    ]);
  });

  it('writes a number that means missing in the data, since a prediction is never missing, with the digits of float32', async () => {
    await version('cost', lineModel('area', 1, -1), { missing: ['-1'] }, { task: 'regression' });
    expect((await predicted('cost', 'id,area\na,0\nb,1.6\n')).written?.slice(1)).toEqual(['a,0,-1.0,1', 'b,1.6,0.6,1']);
  });

  it('writes the probability of each class in a column of its own', async () => {
    const allowed = ['basic', 'plus "2"', 'pro', 'Pro'];
    const weights = { basic: 0, 'plus "2"': 1, pro: 0, Pro: -1 };
    await version('plans', classesModel('area', weights), { type: 'string', allowed }, { task: 'multiclass' });
    const { written, stdout } = await predicted('plans', 'id,area\na,0\nb,2\n');
    const [header, first, second] = written!;
    expect(header).toBe(
      'id,area,prediction,probability_basic,"probability_plus ""2""",probability_pro,probability_Pro_,model_version',
    );
    expect(first).toBe('a,0,basic,0.25,0.25,0.25,0.25,1');
    const probabilities = second!.split(',').slice(3, -1).map(Number);
    const powers = [0, 2, 0, -2].map(Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [i, probability] of probabilities.entries()) expect(probability).toBeCloseTo(powers[i]! / sum, 6);
    expect(stdout).toContain('\nadded: prediction, probability_basic, probability_plus "2", probability_pro');
    for (const out of ['out.parquet', 'out.ndjson', 'out.tsv'])
      expect((await predicted('plans', 'id,area\na,0\nb,2\n', out)).stderr).toBe('');
    const { code, stderr } = await predicted('plans', 'id,area,PROBABILITY_pro\na,0,1\n');
    expect([code, stderr]).toEqual([1, expect.stringContaining('has a column probability_pro already: rename it')]);
  });

  it('writes quantiles in columns, and only columns that the task has', async () => {
    await version('range', quantilesModel('area', [0.5, 1, 2]), {}, { quantile: [0.1, 0.5, 0.9] });
    expect((await predicted('range', 'id,area\na,3\n')).written).toEqual([
      'id,area,prediction,quantile_0.1,quantile_0.5,quantile_0.9,model_version',
      'a,3,3.0,1.5,3.0,6.0,1',
    ]);
  });

  it.each<[string, Uint8Array, Partial<Column>, object, string]>([
    ['regression', lineModel('area', 1e5, 0), {}, { task: 'regression' }, 'prediction is inf'],
    ['ranking', lineModel('area', -1e5, 0), { type: 'integer' }, ranking, 'prediction is -inf'],
    ['quantile', quantilesModel('area', [1, 10, 1e5]), {}, { quantile: [0.1, 0.5, 0.9] }, 'quantile_0.9 is inf'],
    [
      'multiclass',
      classesModel('area', { a: 1e5, b: 1, c: 0 }),
      { type: 'string', allowed: ['a', 'b', 'c'] },
      { task: 'multiclass' },
      'probability_a is NaN, probability_b is NaN, probability_c is NaN',
    ],
  ])(
    'refuses rows whose answer is infinite or NaN by row, key and column: %s',
    async (task, bytes, target, definition, said) => {
      await version(`far-${task}`, bytes, target, definition);
      const rows = Array.from({ length: 9_000 }, (_, i) => `home ${i},${i % 4_000 === 3_999 ? '1e35' : i % 7}\n`);
      const { code, stderr } = await predicted(`far-${task}`, `id,area\n${rows.join('')}`);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `the model has no valid answer for 2 of 9000 rows: row 4000 (id home 3999): ${said}, and its largest number is area 1e35; row 8000 (id home 7999): `,
      );
      expect(stderr).toContain('Correct these rows or take them out: nothing was written');
      expect(await readdir(folder)).not.toContain('out.csv');
    },
  );

  it('names what is missing in rows that a model from elsewhere cannot answer, and counts the others', async () => {
    await version('gaps', lineModel('area', 1, 0), {}, { task: 'regression' });
    const { stderr } = await predicted('gaps', `area\n1\n${' \n'.repeat(5)}`);
    expect(stderr).toContain(
      'for 5 of 6 rows: row 2: prediction is NaN, and area is missing; row 3: prediction is NaN, and area is missing; row 4: prediction is NaN, and area is missing and 2 more. Correct',
    );
  });

  it('names the row of a label that the target does not have', async () => {
    const model = classesModel('area', { a: 0, b: 1, odd: -1 });
    await version('odd', model, { type: 'string', allowed: ['a', 'b', 'c'] }, { task: 'multiclass' });
    const { stderr } = await predicted('odd', 'id,area\nx,1\ny,-1\n');
    expect(stderr).toContain(
      'the model answers the label "odd" in row 2, and "worth" knows a, b, c: release a version',
    );
  });

  it('says what to write in the form of the file, and which column may be meant', async () => {
    const dataset = { ...homes({}), csv: { decimal: ',' as const } };
    const defined = { model: 'comma', dataset: 'homes', features: ['area'], positive: undefined, task: 'regression' };
    await world.addVersion(lineModel('area', 2, 0), 'comma', {}, false, dataset, true, defined);
    expect((await predicted('comma', 'id;area\na;1.5\n')).stderr).toContain(
      'cannot be read as number ("1.5 (with a point)"): write a number with a decimal comma, such as 7 or 1,5.',
    );
    expect((await predicted('comma', 'id;Area\na;1,5\n')).stderr).toContain(
      'lacks area (is it "Area"?): it holds id, Area',
    );
  });
});
