import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonVenv } from '../../test/support/python.ts';
import type { BenchRow } from '../row.ts';
import { median, sum } from '../statistics.ts';
import { makeCase } from './case.ts';
import { askPeer, peerName, peerPackages, writeCase } from './peer.ts';
import { stages, type Effort, type Figures } from './stages.ts';

const tolerance = 1e-9;
const goal = 3;
const fewRows = 20_000;

/** Seconds that judging takes, ours beside scikit-learn and fairlearn in turns. Throws where their figures differ. */
export async function benchJudge(quick: boolean): Promise<BenchRow[]> {
  const python = await pythonVenv(peerPackages);
  if (python === null) throw new Error('the peer needs Python: see above');
  return quick
    ? judgeBeside(python, 100_000, 1, { resamples: 10, repeats: 2 })
    : judgeBeside(python, 1_000_000, 3, { resamples: 20, repeats: 5 });
}

/** Medians of so many rounds, for each stage and all together. */
export async function judgeBeside(python: string, rows: number, rounds: number, effort: Effort): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  try {
    const judged = await makeCase(rows);
    await writeCase(folder, judged, effort);
    const few = await makeCase(fewRows);
    const found: BenchRow[] = [];
    for (const [name, stage] of Object.entries(stages)) {
      const [ours, theirs]: [number[], number[]] = [[], []];
      // As the peer does: a first time is not measured.
      await stage(few, effort);
      for (let round = 0; round < rounds; round += 1) {
        const { candidate, champion } = judged;
        // New objects: what is kept for predictions of a round before does not help.
        const seenFirst = { ...judged, candidate: { ...candidate }, champion: { ...champion } };
        const before = performance.now();
        const figures = await stage(seenFirst, effort);
        ours.push((performance.now() - before) / 1000);
        const peer = await askPeer(python, folder, name);
        theirs.push(peer.seconds);
        checkEqual(name, figures, peer.figures);
        process.stderr.write(`${name}: ${ours.at(-1)!.toFixed(3)} s, the peer ${peer.seconds.toFixed(3)} s\n`);
      }
      found.push(beside(name, median(ours), median(theirs)));
    }
    // fairlearn takes most of the time of all.
    const others = found.filter(({ work }) => work !== 'fairness');
    return [...found, together('all but fairness', others), together('all stages', found)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const together = (work: string, rows: readonly BenchRow[]): BenchRow =>
  beside(work, sum(rows.map((row) => row.ours)), sum(rows.map((row) => row.peer!)));

/** Less is better, so that the ratio is how many times as fast ours is. */
function beside(work: string, ours: number, peer: number): BenchRow {
  const ratio = peer / ours;
  return { work, ours, peer, peerName, unit: 's', ratio, goal: `at least ${goal} x as fast`, holds: ratio >= goal };
}

/** Throws an error that names the figures that differ. */
export function checkEqual(stage: string, ours: Figures, theirs: Figures): void {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const odd = names.filter((name) => !(Math.abs((ours[name] ?? NaN) - (theirs[name] ?? NaN)) <= tolerance));
  if (odd.length === 0) return;
  const said = odd.map((name) => `${name}: ours ${ours[name]}, theirs ${theirs[name]}`);
  throw new Error(`${stage}: ${odd.length} of ${names.length} figures differ\n${said.join('\n')}`);
}
