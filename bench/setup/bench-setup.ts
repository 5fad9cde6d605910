import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { packageRoot } from '../../config/source-tree.ts';
import { figure, type BenchRow } from '../row.ts';

/** Lines of `npm start -- --once` that end a part, and what the part is called. */
const marks = [
  { line: /the packages are installed/, work: 'packages are installed' },
  { line: /temporal \S+ is ready/, work: 'Temporal is ready' },
  { line: /first live prediction/, work: 'first live answer' },
  { line: /All of it went as it should/, work: 'end of the main job' },
] as const;

const mostSeconds = 60;

/**
 * Seconds from `npm start -- --once` in a fresh clone of the last commit, with an empty home and cache, to the parts of the set-up, to the first
 * live answer, and to the end. Fails where the main job does.
 */
export async function benchSetup(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-setup-'));
  try {
    const clone = join(folder, 'clone');
    await promisify(execFile)('git', ['clone', '--quiet', packageRoot, clone]);
    await mkdir(join(folder, 'home'));
    const found = await timesOf(clone, join(folder, 'home'));
    return marks.map(({ work }) => {
      const seconds = found.get(work);
      if (seconds === undefined) throw new Error(`the main job did not say that its part was done: ${work}`);
      const row = figure(work, seconds, 's');
      return work === 'first live answer'
        ? { ...row, goal: `at most ${mostSeconds} s`, holds: seconds <= mostSeconds }
        : row;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timesOf(clone: string, home: string): Promise<Map<string, number>> {
  const began = performance.now();
  const child = spawn('npm', ['start', '--', '--once'], {
    cwd: clone,
    // Nothing that this machine has installed or kept.
    env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const found = new Map<string, number>();
  // The set-up speaks on standard error, the main job on standard output.
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => {
      const mark = marks.find(({ line: said }) => said.test(line));
      if (mark !== undefined && !found.has(mark.work)) found.set(mark.work, (performance.now() - began) / 1000);
    });
  const code = await ended;
  if (code !== 0) throw new Error(`npm start -- --once ended with code ${code}`);
  return found;
}
