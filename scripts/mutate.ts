import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../ml/random.ts';
import { endWithUs } from './lib/process.mjs';
import { mutantsOf, type Mutant } from './mutants.ts';

/**
 * Changes one thing at a time in the files of a folder, and runs the tests that import the file: a change that no test notices
 * survived. `npm run mutate -- ml/statistics [--sample 40] [--seed 1] [--tests 'numerics|policy']`, folders of `test`. Works on a copy.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const copied = ['contracts', 'ml', 'policy', 'config', 'ports', 'activities', 'test', 'package.json', 'tsconfig.json'];
/** These take minutes; they watch what others measure exactly. */
const skipped = ['**/simulation/**', '**/sequential/**', '**/release-*.test.ts'];
/** A mutant that makes a test run for ever is noticed too. */
const mostMs = 240_000;

const [folder, ...rest] = process.argv.slice(2);
const option = (name: string, fallback: string): string => {
  const at = rest.indexOf(`--${name}`);
  return at < 0 ? fallback : (rest[at + 1] ?? fallback);
};
if (folder === undefined) throw new Error('no folder: npm run mutate -- ml/statistics');

const copy = mkdtempSync(join(tmpdir(), 'pawl-mutate-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
for (const name of [...copied, 'vitest.config.ts', 'datasets', 'models'])
  cpSync(join(root, name), join(copy, name), { recursive: true });
for (const name of ['node_modules', 'workers', 'workflows', 'gateway', 'cli'])
  symlinkSync(join(root, name), join(copy, name));

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .flatMap((name) => filesOf(join(path, name)))
    .filter((name) => name.endsWith('.ts'));
}

/** Whether the tests of a file fail. */
function noticed(path: string): Promise<boolean> {
  const others = `test/!(${option('tests', 'numerics')})/**`;
  const args = ['vitest', 'related', path, '--run', '--bail', '1', '--passWithNoTests=false', '--reporter', 'dot'];
  args.push('--exclude', others);
  for (const pattern of skipped) args.push('--exclude', pattern);
  return new Promise((resolve) => {
    const child = spawn('npx', args, { cwd: copy, stdio: 'ignore', detached: true });
    const guard = child.pid === undefined ? null : endWithUs(child.pid);
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), mostMs);
    child.once('exit', (code) => {
      clearTimeout(timer);
      guard?.release();
      resolve(code !== 0);
    });
  });
}

const all: (Mutant & { path: string; text: string })[] = filesOf(join(copy, folder)).flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  return mutantsOf(text).map((mutant) => ({ ...mutant, path, text }));
});
const order = createRandom(Number(option('seed', '1'))).permutation(Math.max(1, all.length));
const wanted = Math.min(all.length, Number(option('sample', String(all.length))));
const chosen = Array.from(order.slice(0, wanted), (i) => all[i]).filter((mutant) => mutant !== undefined);
const files = [...new Set(chosen.map(({ path }) => path))];
for (const path of files)
  if (await noticed(path))
    throw new Error(`${relative(copy, path)} has no tests there, or they fail as it is: mend them first`);

let survived = 0;
for (const { path, text, from, to, replacement } of chosen) {
  writeFileSync(path, text.slice(0, from) + replacement + text.slice(to));
  const killed = await noticed(path);
  writeFileSync(path, text);
  const line = text.slice(0, from).split('\n').length;
  if (!killed) survived += 1;
  process.stdout.write(
    `${killed ? 'killed  ' : 'SURVIVED'} ${relative(copy, path)}:${line} ${text.slice(from, to)} -> ${replacement}   ${text.split('\n')[line - 1]?.trim()}\n`,
  );
}
process.stdout.write(`${survived} of ${chosen.length} mutants survived (${all.length} in ${folder})\n`);
process.exitCode = survived === 0 ? 0 : 1;
