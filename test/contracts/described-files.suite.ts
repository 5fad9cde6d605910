import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TableEngine } from '../../ports/table-engine/port.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';

/** What every table engine must say of files that no definition describes yet. */
export function describedFilesSuite(name: string, open: (tempDir: string) => TableEngine): void {
  describe(`described files: ${name}`, () => {
    let files: TableFiles;
    beforeAll(async () => {
      files = await tableFiles(open);
    });
    afterAll(() => files?.remove());

    test('describes a file that no definition describes: types, words for missing, numbers with a comma, times, and what tells the target', async () => {
      const source = await files.text(
        'unknown.csv',
        'id;zip;cost;day;plan;left\n1;02134;1,5;31.12.2023;a;no\n2;10001;NA;01.02.2024;b;yes\n3;00501;1.234,25;;b;yes\n4;1;-;2024-02-02;a;\n',
      );
      const job = { source, target: 'left', missing: ['NA', '-'], times: ['%d.%m.%Y', '%m.%d.%Y'] };
      const facts = await files.tables.describeFile(job);
      expect(facts).toMatchObject({ rows: 4, csv: { delimiter: ';', encoding: 'utf-8' } });
      const of = (name: string) => facts.columns.find((column) => column.name === name);
      expect(of('id')).toMatchObject({ filled: 4, distinct: 4, values: { integer: 4, number: 4 }, min: 1, max: 4 });
      expect(of('zip')).toMatchObject({ leadingZeros: 2, values: { integer: 4 } });
      expect(of('cost')).toMatchObject({
        texts: 4,
        filled: 2,
        words: [
          { word: '-', rows: 1 },
          { word: 'NA', rows: 1 },
        ],
        values: { number: 0 },
        comma: { integer: 0, number: 2, certain: 2 },
      });
      expect(of('day')).toMatchObject({ filled: 3, values: { timestamp: 1 }, times: { '%d.%m.%Y': 3, '%m.%d.%Y': 2 } });
      expect(of('plan')?.target).toMatchObject({ rows: 3, texts: 2, pairs: 2, same: 0 });
      expect(of('left')).toMatchObject({
        texts: 3,
        values: { boolean: 3 },
        top: [{ value: 'yes', rows: 2 }, { value: 'no' }],
      });
      await expect(files.tables.describeFile({ ...job, target: 'gone' })).rejects.toThrow(/name one of id, zip, cost/);
      await expect(files.tables.describeFile({ ...job, target: ' Cost' })).rejects.toThrow(
        /has no column " Cost": did you mean "cost"\? It has id, zip, cost/,
      );
    });

    test('names cells that keep a column from being one of numbers, most frequent first', async () => {
      const cells = ['1.5', 'inf', '-1e39', 'forty', 'inf', 'NA', '2', '1e15', 'x'];
      const commas = ['1,5', 'inf', 'x', '2', '3', '4', '5', '6', '7'];
      const source = await files.text(
        'odd.csv',
        `area;cost;left\n${cells.map((cell, i) => `${cell};${commas[i]};${i % 2}\n`).join('')}`,
      );
      const job = { source, target: 'left', missing: ['NA'], times: [] };
      const { columns } = await files.tables.describeFile(job);
      expect(columns[0]).toMatchObject({ values: { number: 3 }, wide: 1, odd: ['inf', '-1e39', 'forty'] });
      expect(columns[1]).toMatchObject({ values: { number: 6 }, comma: { number: 7, certain: 1, odd: ['inf', 'x'] } });
      expect(columns[2]).toMatchObject({ odd: [], comma: { odd: [] } });
    });

    test('counts numbers as spreadsheets show them', async () => {
      const cells = ['"1,234.50"', '$5', '5 %', '1,2', '7', 'x'].map((cell) => cell.replaceAll('"', ''));
      const source = await files.text('dressed.tsv', `cost\tleft\n${cells.map((cell) => `${cell}\t1\n`).join('')}`);
      const { columns } = await files.tables.describeFile({ source, target: 'left', missing: [], times: [] });
      expect(columns[0]).toMatchObject({ dressed: 3, values: { number: 1 } });
    });

    test('finds that a text file is Latin-1, and numbers its rows in their order', async () => {
      const source = join(files.folder, 'latin.csv');
      await writeFile(source, Buffer.from('name;cost\nM\u00fcller;"1;5"\nAbel;2\n', 'latin1'));
      const facts = await files.tables.describeFile({ source, target: 'cost', missing: [], times: [] });
      expect(facts.csv).toEqual({ delimiter: ';', encoding: 'latin-1' });
      const target = join(files.folder, 'numbered.csv');
      await files.tables.numberRows({ source, target, column: 'row', csv: { encoding: 'latin-1' } });
      expect(await readFile(target, 'utf8')).toBe('row,name,cost\n1,M\u00fcller,1;5\n2,Abel,2\n');
    });

    test('sets columns of lists and objects aside in Parquet, and refuses them in NDJSON, which has no types', async () => {
      const source = await files.parquet(
        'nested.parquet',
        `select n as id, 1.5 * n as cost, [n] as tags, {'a': n} as more, n % 2 = 0 as "left" from range(9) t(n)`,
      );
      const job = { source, target: 'left', missing: [], times: [] };
      const facts = await files.tables.describeFile(job);
      expect(facts).toMatchObject({ rows: 9, csv: null, nested: ['tags', 'more'] });
      expect(facts.columns.map(({ name, values }) => [name, values.integer, values.number, values.boolean])).toEqual([
        ['id', 9, 9, 2],
        ['cost', 5, 9, 1],
        ['left', 0, 0, 9],
      ]);
      const ndjson = await files.text('nested.ndjson', '{"id":1,"left":true,"tags":[1]}\n');
      await expect(files.tables.describeFile({ ...job, source: ndjson })).rejects.toThrow(/tags/);
      const plain = await files.text('plain.ndjson', '{"id":1,"left":true}\n{"id":"02"}\n');
      expect((await files.tables.describeFile({ ...job, source: plain })).columns).toMatchObject([
        { name: 'id', texts: 2, leadingZeros: 1 },
        { name: 'left', texts: 1, values: { boolean: 1 } },
      ]);
    });
  });
}
