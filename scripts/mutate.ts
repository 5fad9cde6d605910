import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../ml/random.ts';
import { openLivingTests } from './lib/living-tests.ts';
import { mutantsOf } from './mutants.ts';

/**
 * Changes one thing at a time in each file of a folder, and runs the tests that import the file: a change that no test notices
 * survived. `npm run mutate -- ml/statistics [ml/drift ...] [--sample 12] [--seed 1] [--tests 'numerics|policy'] [--longest 5]`:
 * `sample` mutants a file, all by default; `tests` are folders of `test`; test files that take more than `longest` seconds are left out.
 * Works on a copy.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const copied = [
  'contracts',
  'codec',
  'ml',
  'policy',
  'report',
  'config',
  'ports',
  'activities',
  'test',
  'package.json',
  'tsconfig.json',
];
const linked = ['node_modules', 'workers', 'workflows', 'gateway', 'cli', 'scripts', 'bench', 'temporal.yaml'];
/** These start servers and processes, or reach what they test through a link out of the copy. */
const otherTests = ['gateway', 'cli', 'cases', 'end-to-end', 'setup', 'workflows'];
const folders: string[] = [];
const options = new Map<string, string>();
for (let i = 2; i < process.argv.length; i++) {
  const word = process.argv[i] ?? '';
  if (!word.startsWith('--')) folders.push(word);
  else options.set(word.slice(2), process.argv[++i] ?? '');
}
const unknown = [...options.keys()].find((name) => !['sample', 'seed', 'tests', 'longest'].includes(name));
if (unknown !== undefined) throw new Error(`unknown option --${unknown}: use --sample, --seed, --tests or --longest`);
/** A test file that takes longer, in seconds, is left out: others mostly measure the same sooner. */
const mostMs = 1000 * Number(options.get('longest') ?? 5);
if (folders.length === 0) throw new Error('no folder: npm run mutate -- ml/statistics');

const copy = realpathSync(mkdtempSync(join(tmpdir(), 'pawl-mutate-')));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
for (const name of [...copied, 'datasets', 'models']) cpSync(join(root, name), join(copy, name), { recursive: true });
for (const name of linked) symlinkSync(join(root, name), join(copy, name));

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .flatMap((name) => filesOf(join(path, name)))
    .filter((name) => name.endsWith('.ts'));
}

const tests = options.get('tests');
const living = await openLivingTests(copy, {
  include: [tests === undefined ? 'test/**/*.test.ts' : `test/(${tests})/**/*.test.ts`],
  exclude: ['**/*.slow.test.ts', ...otherTests.map((name) => `test/${name}/**`)],
  mostMs,
});
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const counts = { files: 0, mutants: 0, killed: 0, survived: 0, untested: 0, ms: 0 };

/** Measures one file: each chosen mutant is killed, or survived. */
async function measure(path: string): Promise<void> {
  const name = relative(copy, path);
  const text = readFileSync(path, 'utf8');
  const all = mutantsOf(text);
  if (all.length === 0) return;
  const related = await living.related(path);
  let order = [...related.tests];
  if (order.length === 0) {
    counts.untested += 1;
    say(`UNTESTED ${name}: ${related.leftOut} test files import it, none of them quick and passing`);
    return;
  }
  counts.files += 1;
  const wanted = Math.min(all.length, Number(options.get('sample') ?? all.length));
  const chosen = createRandom(Number(options.get('seed') ?? 1))
    .permutation(all.length)
    .slice(0, wanted)
    .toSorted();
  const start = performance.now();
  let survived = 0;
  for (const i of chosen) {
    const mutant = all[i];
    if (mutant === undefined) continue;
    const { from, to, replacement } = mutant;
    writeFileSync(path, text.slice(0, from) + replacement + text.slice(to));
    const by = await living.noticedBy(path, order);
    // What noticed one mutant of a file is likely to notice the next.
    order = [...order.filter(({ moduleId }) => moduleId === by), ...order.filter(({ moduleId }) => moduleId !== by)];
    if (by !== null) continue;
    survived += 1;
    const line = text.slice(0, from).split('\n').length;
    const source = text.split('\n')[line - 1]?.trim();
    say(`SURVIVED ${name}:${line} ${text.slice(from, to).trim()} -> ${replacement.trim()}   ${source}`);
  }
  writeFileSync(path, text);
  living.restored(path);
  const ms = performance.now() - start;
  counts.mutants += chosen.length;
  counts.survived += survived;
  counts.killed += chosen.length - survived;
  counts.ms += ms;
  const others = related.leftOut > 0 ? `, ${related.leftOut} left out` : '';
  say(
    `${name}: ${chosen.length - survived} of ${chosen.length} killed (${all.length} in the file), ` +
      `${order.length} test files${others}, ${(ms / 1000 / chosen.length).toFixed(2)} s a mutant`,
  );
}

for (const folder of folders) for (const path of filesOf(join(copy, folder))) await measure(path);
const perMutant = (counts.ms / 1000 / Math.max(1, counts.mutants)).toFixed(2);
say(
  `${counts.files} files, ${counts.mutants} mutants: ${counts.killed} killed, ${counts.survived} survived; ` +
    `${counts.untested} files without tests; ${perMutant} s a mutant`,
);
await living.close();
process.exit(counts.survived + counts.untested === 0 ? 0 : 1);
