import { expect, test } from 'vitest';
import { judgeBeside } from '../../bench/judge/bench-judge.ts';
import { peerPackages } from '../../bench/judge/peer.ts';
import { patience } from '../support/patience.ts';
import { noPython, pythonVenv } from '../support/python.ts';

test(
  'the bench finds the figures of scikit-learn and fairlearn in every stage',
  async ({ skip }) => {
    const python = await pythonVenv(peerPackages);
    if (python === null) return skip(noPython);
    const rows = await judgeBeside(python, 3_000, 1, { resamples: 5, repeats: 2 });
    expect(rows.map(({ work }) => work).slice(0, 4)).toEqual(['metrics', 'bounds', 'fairness', 'importance']);
    for (const { ours, peer, ratio } of rows) expect(ratio).toBeCloseTo(peer! / ours, 10);
  },
  patience(300_000),
);
