import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../gateway/harness.ts';
import { linearModel, numberModel, probabilityOf, tinyDataset, tinyModel } from '../gateway/models.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { patience } from '../support/patience.ts';
import { imputingModel } from './task-models.ts';

let world: World;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await createWorld();
  folder = await mkdtemp(join(tmpdir(), 'pawl-predict-'));
  env = { ...process.env, PAWL_HOME: world.config.home, PAWL_STORE: world.config.store };
  await world.addVersion(tinyModel(0));
  await world.addVersion(tinyModel(-3));
  await world.deploy({ champion: 2 });
});
afterAll(async () => {
  await world?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function sql<T>(text: string): Promise<T[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(text)).getRowObjectsJS() as T[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface Row {
  n: number;
  age: number;
  sector: string | null;
  prediction: bigint;
  probability: number;
  model_version: number;
}

describe('pawl predict', { timeout: patience(120_000) }, () => {
  it('writes every row again, in its order, with what the champion says', async () => {
    const [source, target] = [join(folder, 'in.parquet'), join(folder, 'out.parquet')];
    await sql(
      `copy (select n::int as n, (n * 37 % 101 - 50)::int as age, case n % 4 when 0 then 'a' when 1 then 'b' when 2 then null else 'é' end as sector from range(20000) t(n)) to '${source}'`,
    );
    expect(await pawlJson(['predict', 'tiny', source, target], env)).toMatchObject({ version: 2, rows: 20_000 });
    const rows = await sql<Row>(`select * from '${target}'`);
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
    const codes: Record<string, number> = { a: 1, b: -1 };
    for (const { age, sector, prediction, probability, model_version } of rows) {
      expect(model_version).toBe(2);
      const wanted = probabilityOf(age, codes[sector ?? ''] ?? 0, -3);
      if (Math.abs(probability - wanted) > 1e-5) expect(probability).toBe(wanted);
      expect(prediction).toBe(probability >= 0.5 ? 1n : 0n);
    }
    expect(await readdir(folder)).toEqual(['in.parquet', 'out.parquet']);
  });

  it.each<[string, string, string]>([
    ['numbers', 'n::varchar', "'a'"],
    ['codes', '7', "case n % 3 when 0 then 'a' when 1 then 'b' end"],
  ])('gives each row its own answer where a file of many parts holds %s as text', async (_, age, sector) => {
    const [source, target] = [join(folder, 'parts.parquet'), join(folder, 'answers.parquet')];
    const rows = `select n, ${age} as age, ${sector} as sector from (select r, (r * 37 % 101)::int as n from range(300000) t(r))`;
    await sql(`copy (${rows}) to '${source}' (row_group_size 10000)`);
    expect(await pawlJson(['predict', 'tiny@1', source, target, '--force'], env)).toMatchObject({ rows: 300_000 });
    const [counts] = await sql<{ groups: bigint; answers: bigint }>(
      `select count(distinct (age, sector)) as groups, count(distinct (age, sector, probability)) as answers from '${target}'`,
    );
    expect(counts?.answers).toBe(counts?.groups);
  });

  it('counts missing values that the dataset does not allow, unless serving is not strict', async () => {
    const { age, ...others } = tinyDataset.columns;
    const strict = { ...tinyDataset, columns: { ...others, age: { ...age!, nullable: false } } };
    await world.addVersion(imputingModel(0), 'strict', {}, false, strict);
    await world.addVersion(imputingModel(1), 'strict', { strict: false }, false, strict);
    const [source, target] = [join(folder, 'gaps.csv'), join(folder, 'gaps.parquet')];
    await writeFile(source, 'age,sector\n1,a\n,b\nNaN,a\n4,\n');
    const { code, stderr } = await pawl(['predict', 'strict@1', source, target], env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('does not allow: "age" in 2 of 4 rows. Fill them in')]);
    expect(await readdir(folder)).not.toContain('gaps.parquet');
    expect(await pawlJson(['predict', 'strict@2', source, target], env)).toMatchObject({ rows: 4 });
  });

  it('counts values outside their range and unknown categories by column, and refuses what cannot be read', async () => {
    const { age, sector } = tinyDataset.columns;
    const columns = {
      ...tinyDataset.columns,
      age: { ...age!, type: 'integer' as const, min: 0, max: 120 },
      sector: { ...sector!, allowed: ['a', 'b'] },
    };
    await world.addVersion(imputingModel(0), 'ranged', {}, false, { ...tinyDataset, columns });
    const [source, target] = [join(folder, 'ranged.csv'), join(folder, 'ranged.parquet')];
    await writeFile(source, 'age,sector\n1,a\n200,c\n-1,b\n,c\n120,\n');
    const said = { rows: 5, missing: { age: 1, sector: 1 }, outside: { age: 2 }, unknown: { sector: 2 } };
    expect(await pawlJson(['predict', 'ranged@1', source, target], env)).toMatchObject(said);
    const { stdout } = await pawl(['predict', 'ranged@1', source, target, '--force'], env);
    expect(stdout).toContain('outside the range of the dataset: age in 2 rows\n');
    expect(stdout).toContain('of a category that training did not see: sector in 2 rows\n');
    await writeFile(source, 'age,sector\n5.5,a\n1e39,b\nold,b\n5.5,b\n7,a\n');
    const { code, stderr } = await pawl(['predict', 'ranged@1', source, target, '--force'], env);
    expect(code).toBe(1);
    expect(stderr).toContain(
      '4 values of "age" cannot be read as integer ("5.5", "1e39", "old"): write a whole number',
    );
  });

  it('refuses a file with a row whose answer is not valid, and names the row', async () => {
    await world.addVersion(linearModel(), 'linear');
    const [source, target] = [join(folder, 'linear.csv'), join(folder, 'linear.parquet')];
    await writeFile(source, `age,sector\n${'0.5,a\n'.repeat(9_000)}7,a\n`);
    const { code, stderr } = await pawl(['predict', 'linear@1', source, target], env);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'the model has no valid answer for 1 of 9001 rows: row 9001: probability is 7, and its largest number is age 7',
    );
    expect(await readdir(folder)).not.toContain('linear.parquet');
  });

  it('takes every score of a ranking, also one below the grades', async () => {
    const ranking = { task: 'ranking', query: 'sector', positive: undefined };
    const { outcome, ...others } = tinyDataset.columns;
    const columns = { ...others, outcome: { ...outcome!, max: 4 } };
    await world.addVersion(numberModel(1), 'ranked', {}, false, { ...tinyDataset, columns }, true, ranking);
    const [source, target] = [join(folder, 'ranked.csv'), join(folder, 'ranked.parquet')];
    await writeFile(source, 'age,sector\n-1.5,a\n700,a\n');
    expect(await pawlJson(['predict', 'ranked@1', source, target], env)).toMatchObject({ rows: 2 });
    expect(await sql(`select prediction from '${target}'`)).toEqual([{ prediction: -1.5 }, { prediction: 700 }]);
  });

  it('counts categories that training did not see where the dataset lists none', async () => {
    await world.addVersion(tinyModel(0), 'seen', {}, false, tinyDataset, true, {}, { sector: ['1.0', 'b'] });
    const [source, target] = [join(folder, 'seen.csv'), join(folder, 'seen.parquet')];
    await writeFile(source, 'age,sector\n1,1.0\n2,1\n3,b\n4,\n5,c\n');
    expect(await pawlJson(['predict', 'seen@1', source, target], env)).toMatchObject({ unknown: { sector: 2 } });
    const { code, stderr } = await pawl(['predict', 'seen@1', source, join(folder, 'no', 'where.csv')], env);
    expect(code).toBe(1);
    expect(stderr).toBe(`pawl: there is no folder ${join(folder, 'no')}: make it first\n`);
  });

  it('reads CSV, takes a named version, and replaces a file only when told to', async () => {
    const [source, target] = [join(folder, 'in.csv'), join(folder, 'csv.parquet')];
    await writeFile(source, 'age,sector,zip\n10,a,02134\n-40,b,00501\n');
    expect(await pawlJson(['predict', 'tiny@1', source, target], env)).toMatchObject({ version: 1, rows: 2 });
    expect(await sql(`select zip, prediction from '${target}'`)).toEqual([
      { zip: '02134', prediction: 1n },
      { zip: '00501', prediction: 0n },
    ]);
    expect(await pawl(['predict', 'tiny@1', source, target], env)).toMatchObject({ code: 1 });
    expect(await pawl(['predict', 'tiny@1', source, target, '--force'], env)).toMatchObject({ code: 0 });
  });

  it.each([
    ['boolean', 'true', [true, false]],
    ['string', '1', ['1', '0']],
    ['number', '1.0', [1, 0]],
    ['integer', '1', [1n, 0n]],
  ] as const)("answers in the label's own words where it is of type %s", async (type, written, words) => {
    const outcome = {
      ...tinyDataset.columns.outcome!,
      type,
      ...(type === 'string' ? { allowed: ['0', '1'] } : {}),
    };
    const columns = { ...tinyDataset.columns, outcome };
    await world.addVersion(tinyModel(0), `words-${type}`, {}, false, { ...tinyDataset, columns });
    const [source, target] = [join(folder, 'words.csv'), join(folder, `words-${type}.parquet`)];
    await writeFile(source, 'age,sector\n10,a\n-40,b\n');
    await pawlJson(['predict', `words-${type}@1`, source, target], env);
    const rows = await sql<{ prediction: unknown }>(`select prediction from '${target}'`);
    expect(rows.map(({ prediction }) => prediction)).toEqual(words);
    const text = join(folder, `words-${type}.csv`);
    await pawlJson(['predict', `words-${type}@1`, source, text], env);
    expect((await readFile(text, 'utf8')).split('\n')[1]).toContain(`10,a,${written},`);
  });

  it('writes the answer in the form that its name says', async () => {
    const source = join(folder, 'forms.csv');
    await writeFile(source, 'age,sector\n10,a\n-40,\n');
    await pawlJson(['predict', 'tiny@1', source, join(folder, 'form.csv')], env);
    const [header, first] = (await readFile(join(folder, 'form.csv'), 'utf8')).split('\n');
    expect(header).toBe('age,sector,prediction,probability,model_version');
    expect(first).toMatch(/^10,a,1,0\.\d+,1$/);
    await pawlJson(['predict', 'tiny@1', source, join(folder, 'form.ndjson')], env);
    const [line = ''] = (await readFile(join(folder, 'form.ndjson'), 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ age: 10, prediction: 1, model_version: 1 });
    const { code, stderr } = await pawl(['predict', 'tiny@1', source, join(folder, 'form.xlsx')], env);
    expect([code, stderr]).toEqual([2, expect.stringContaining('ends in .parquet, .csv, .tsv, .ndjson or .jsonl')]);
  });

  it.each<[string, string, string[], string]>([
    ['a file that lacks a column', 'age\n1\n', ['tiny'], 'lacks sector: it holds age'],
    [
      'a column that the answer would hide',
      'age,sector,prediction\n1,a,1\n',
      ['tiny'],
      'has a column prediction already',
    ],
    [
      'text where the model takes a number',
      'age,sector\n1,a\nold,b\n',
      ['tiny'],
      '1 value of "age" cannot be read as number ("old"): write a number with a decimal point, such as 7 or 1.5',
    ],
    ['a model that there is not', 'age,sector\n1,a\n', ['nobody'], 'there is no model "nobody"'],
    ['a version that there is not', 'age,sector\n1,a\n', ['tiny@9'], '9'],
  ])('refuses %s', async (_, text, model, message) => {
    const source = join(folder, 'bad.csv');
    await writeFile(source, text);
    const { code, stderr } = await pawl(['predict', ...model, source, join(folder, 'never.parquet')], env);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(await readdir(folder)).not.toContain('never.parquet');
  });
});
