import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../config/source-tree.ts';
import { createProgram } from '../../cli/program.ts';
import { documents } from '../../scripts/reference/documents.ts';
import { folder, referenceFiles } from '../../scripts/reference/files.ts';
import { durationText, jsonSchemaOf } from '../../scripts/reference/json-schema.ts';
import { keysOf } from '../../scripts/reference/keys.ts';
import { command } from '../../scripts/reference/markdown.ts';

const place = join(packageRoot, folder);
const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

describe('the reference', () => {
  it('is what the code says', async () => {
    const files = await referenceFiles();
    const written = readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(place, join(entry.parentPath, entry.name)));
    expect(written.toSorted(), `files of ${folder}: run \`${command}\``).toEqual([...files.keys()].toSorted());
    for (const [name, text] of files)
      expect(readFileSync(join(place, name), 'utf8'), `${folder}/${name} is stale: run \`${command}\``).toBe(text);
  });

  it.each(documents)('gives each key of $title a meaning', ({ schema }) => {
    const keys = keysOf(jsonSchemaOf(schema));
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
  });

  it('gives each argument and option of a command a meaning', async () => {
    const { commands } = await createProgram(() => undefined);
    const all = commands.flatMap((one) => [one, ...one.commands]);
    const parts = all.flatMap((one) => [
      ...one.registeredArguments.map((argument) => [`${one.name()} <${argument.name()}>`, argument.description]),
      ...one.options.map((option) => [`${one.name()} ${option.flags}`, option.description]),
    ]);
    expect(parts.filter(([, meaning]) => meaning === '').map(([name]) => name)).toEqual([]);
  });

  it('names every variable that the code reads', () => {
    const code = ['config/load-config.ts', 'scripts/lib/paths.mjs', 'test/support/patience.ts', 'vitest.config.ts'];
    const variables = new Set(
      Array.from(
        code
          .map(read)
          .join('\n')
          .matchAll(/\benv\.([A-Z][A-Z0-9_]+)/g),
        ([, name]) => name ?? '',
      ),
    );
    expect(variables).toContain('PAWL_STORE');
    const text = read(`${folder}/environment.md`);
    expect([...variables].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

it.each([
  [0, '0ms'],
  [250, '250ms'],
  [1_500, '1500ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [86_400_000, '1d'],
])('%i milliseconds are written as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

describe.each([
  ['temporal', 'temporal.yaml'],
  ['dataset', 'datasets/acs-employment/dataset.yaml'],
  ['model', 'models/employment.yaml'],
])('the JSON Schema of %s', (name, path) => {
  it(`is named in the first line of ${path}`, () => {
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(read(path)) ?? [];
    const schema = resolve(packageRoot, path, '..', named);
    expect(relative(place, schema)).toBe(join('schemas', `${name}.schema.json`));
    expect(existsSync(schema)).toBe(true);
  });

  it(`takes ${path}, and no key that it does not know`, () => {
    const text = readFileSync(join(place, 'schemas', `${name}.schema.json`), 'utf8');
    const schema = z.fromJSONSchema(JSON.parse(text) as z.core.JSONSchema.JSONSchema);
    const document = parse(read(path)) as object;
    expect(schema.safeParse(document).error).toBeUndefined();
    expect(schema.safeParse({ ...document, strange: 1 }).success).toBe(false);
  });
});
