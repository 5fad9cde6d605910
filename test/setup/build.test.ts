import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';
import { runCommand } from '../support/command.ts';

/** A package of one module, with the scripts and settings of ours. */
let folder: string;
const file = (...names: string[]): string => join(folder, ...names);
const write = (text: string): Promise<void> => writeFile(file('cli', 'main.ts'), text);
const build = () =>
  runCommand(process.execPath, [
    '--input-type=module',
    '--eval',
    `const { main } = await import('${file('scripts', 'lib', 'set-up.mjs')}');
    const { buildCode } = await import('${file('scripts', 'lib', 'build.mjs')}');
    await main(buildCode);`,
  ]);
const run = async (): Promise<string> =>
  (await runCommand(process.execPath, [file('dist', 'cli', 'main.js')])).stdout.trim();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-build-'));
  await cp(join(packageRoot, 'scripts'), file('scripts'), { recursive: true });
  await mkdir(file('cli'));
  for (const name of ['package.json', 'tsconfig.json']) await cp(join(packageRoot, name), file(name));
  await writeFile(file('tsconfig.build.json'), '{ "extends": "./tsconfig.json", "include": ["cli"] }');
  await symlink(join(packageRoot, 'node_modules'), file('node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('compiles what has changed since, and nothing else', async () => {
  await write(`const said: string = 'one';\nconsole.log(said);\n`);
  expect((await build()).code).toBe(0);
  expect(await run()).toBe('one');
  const { mtimeMs } = await stat(file('dist', '.stamp'));
  expect((await build()).code).toBe(0);
  expect((await stat(file('dist', '.stamp'))).mtimeMs).toBe(mtimeMs);

  await write(`console.log('changed');\n`);
  expect((await build()).code).toBe(0);
  expect(await run()).toBe('changed');
});

test('keeps what there was where the new code cannot be compiled, says where, and leaves nothing behind', async () => {
  await write(`console.log('good');\n`);
  await build();
  await mkdir(file('.pawl', 'build', '999999999.new'), { recursive: true });
  await write('const broken = (;\n');
  const { code, stderr } = await build();
  expect(code).toBe(1);
  expect(stderr).toMatch(/The code could not be compiled: .*main\.ts/);
  expect(await run()).toBe('good');
  expect(await readdir(file('.pawl', 'build'))).toEqual([]);
  expect(await readFile(file('dist', 'cli', 'main.js'), 'utf8')).toContain('good');
});
