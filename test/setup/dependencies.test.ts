import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';
import { runCommand, type Ended } from '../support/command.ts';
import { descendantsOf, stillRunning } from '../support/descendants.ts';
import { patience, waitFor } from '../support/patience.ts';

/** A package with our set-up scripts and two dependencies, files beside it: nothing is asked of a registry. */
let folder: string;
const file = (...names: string[]): string => join(folder, ...names);
const json = (path: string, value: unknown): Promise<void> => writeFile(path, JSON.stringify(value));
const npm = (cwd: string, ...args: string[]): Promise<Ended> => runCommand('npm', args, { cwd });

const script = (call: string): string[] => [
  '--input-type=module',
  '--eval',
  `const { main } = await import('${file('scripts', 'lib', 'set-up.mjs')}');
   const dependencies = await import('${file('scripts', 'lib', 'dependencies.mjs')}');
   await main(async () => { ${call} });`,
];
const install = (env: NodeJS.ProcessEnv = process.env): Promise<Ended> =>
  runCommand(process.execPath, script('await dependencies.installDependencies();'), { cwd: folder, env });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-install-'));
  await cp(join(packageRoot, 'scripts'), file('scripts'), { recursive: true });
  for (const name of ['left', 'right']) {
    await mkdir(file('sources', name), { recursive: true });
    await json(file('sources', name, 'package.json'), { name, version: '1.0.0' });
    await writeFile(file('sources', name, 'index.js'), `module.exports = '${name}';\n`);
    await npm(file('sources', name), 'pack', '--pack-destination', file('sources'));
  }
  const dependencies = { left: 'file:sources/left-1.0.0.tgz', right: 'file:sources/right-1.0.0.tgz' };
  await json(file('package.json'), { name: 'small', version: '1.0.0', dependencies });
  const { code, stderr } = await npm(folder, 'install', '--package-lock-only', '--offline', '--no-audit');
  if (code !== 0) throw new Error(stderr);
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));

/** The name to which npm moves a package that it replaces: of its path, always the same. */
const movedAway = (path: string): string =>
  createHash('sha1')
    .update(path)
    .digest('base64')
    .replaceAll(/[^a-zA-Z0-9]+/g, '')
    .slice(0, 8);

describe('the installation of the packages', { timeout: patience(60_000) }, () => {
  it('goes on where one was killed, though npm had moved packages away and unpacked half of others', async () => {
    // npm ci refuses a lock file that lacks a package; then npm install works on what is there.
    const lock = JSON.parse(await readFile(file('package-lock.json'), 'utf8')) as {
      packages: Record<string, { dependencies?: Record<string, string> }>;
    };
    delete lock.packages['node_modules/right'];
    delete lock.packages['']?.dependencies?.right;
    await json(file('package-lock.json'), lock);
    const half = file('node_modules', 'left');
    const away = file('node_modules', `.left-${movedAway(half)}`);
    for (const path of [half, away]) {
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'index.js'), 'module.ex');
      await json(join(path, 'package.json'), { name: 'left', version: '1.0.0' });
    }
    const { code, stderr } = await install();
    expect(stderr).not.toContain('ENOTEMPTY');
    expect(code).toBe(0);
    expect(await readFile(file('node_modules', 'left', 'index.js'), 'utf8')).toBe(`module.exports = 'left';\n`);
    expect((await readdir(file('node_modules'))).filter((name) => name.startsWith('.left'))).toEqual([]);
    expect(stderr).toContain('an earlier installation was cut short');
  });

  it('takes nothing away from one that was finished', async () => {
    expect((await install()).code).toBe(0);
    const { stdout } = await runCommand(
      process.execPath,
      script('process.stdout.write(`${dependencies.clearUnfinished()}`);'),
    );
    expect(stdout).toBe('false');
    expect(await readdir(file('node_modules'))).toEqual(expect.arrayContaining(['left', 'right']));
  });

  it('tells how many packages are unpacked, not how many folders there are', async () => {
    const told = async (): Promise<string> =>
      (await runCommand(process.execPath, script('process.stdout.write(dependencies.installProgress());'))).stdout;
    for (const name of ['left', 'right']) await mkdir(file('node_modules', name), { recursive: true });
    expect(await told()).toBe('installing the packages: 0 of 2 are unpacked');
    await json(file('node_modules', 'left', 'package.json'), { name: 'left' });
    expect(await told()).toBe('installing the packages: 1 of 2 are unpacked');
  });

  it('ends npm with the set-up, so that the next one does not meet it', async () => {
    await writeFile(file('npm-cli.js'), 'setInterval(() => {}, 1000);\n');
    const child = spawn(process.execPath, script('await dependencies.installDependencies();'), {
      cwd: folder,
      env: { ...process.env, npm_execpath: file('npm-cli.js') },
      stdio: 'ignore',
    });
    const seen = await waitFor('npm to start', () => {
      const now = descendantsOf(child.pid ?? -1);
      return now.some(({ command }) => command.includes('npm-cli.js')) ? now : null;
    });
    child.kill('SIGKILL');
    await expect.poll(() => stillRunning(seen), { timeout: patience(10_000) }).toEqual([]);
  });
});
