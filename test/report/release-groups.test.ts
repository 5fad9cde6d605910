import { describe, expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import type { GroupCohort } from '../../contracts/evidence/groups.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { cohort, groupOf, groupsOf, last, policyOf, same } from '../policy/groups.ts';
import { lastAnalysis } from './example-release.ts';
import { rolledBackRun } from './example.ts';
import { nestingErrors, textOf } from './markup.ts';

const observation: ReleaseObservation = {
  ...lastAnalysis.observation,
  agreement: {
    pairs: 1000,
    disagree: 13,
    missing: 2,
    scores: {
      differences: [
        [-2, 600],
        [9, 400],
      ],
      missing: 2,
    },
  },
  groups: {
    groups: [
      groupOf('<men>', cohort()),
      groupOf('women', cohort({ tpr: { labels: 200, worse: 70, better: 2 } })),
      groupOf('few', cohort({ tpr: same(0), fpr: same(3), error: same(3) })),
    ],
    leftOut: 2,
    unread: [{ attribute: 'DIS', why: 'DIS is dropped from the log' }],
  },
};
const policy = policyOf({
  fairness: { maxGroupLoss: 0.05, minGroupKeys: 50 },
  minAgreement: 0.98,
  maxScoreShift: 0.05,
});
const page = renderReport({
  ...rolledBackRun,
  lastAnalysis: { ...lastAnalysis, observation, ...judgeAnalysis(observation, policy, last) },
});
const text = textOf(page);

const losing = (more: number): GroupCohort => ({
  error: {
    labels: 400,
    worse: more > 0 ? 400 : 0,
    better: 0,
    losses: { differences: [[400 * more, 400]], champion: 80, canary: 400 * (0.2 + more) },
  },
  missing: 0,
  dropped: 0,
});
const ofNumbers: ReleaseObservation = {
  ...lastAnalysis.observation,
  groups: {
    ...groupsOf(groupOf('men', losing(0)), groupOf('women', losing(0.25))),
    scale: { of: 'error', cap: 40 },
  },
};
const byError = policyOf({ predictions: 'mix', fairness: { maxGroupLoss: 0.05, minGroupKeys: 50, rates: ['error'] } });

it('the report shows groups of numbers in the unit of the target', () => {
  const numbers = renderReport({
    ...rolledBackRun,
    lastAnalysis: { ...lastAnalysis, observation: ofNumbers, ...judgeAnalysis(ofNumbers, byError, last) },
  });
  expect(nestingErrors(numbers)).toEqual([]);
  const said = textOf(numbers);
  // A quarter of the cap of 40.
  expect(said).toMatch(/men Mean error 400 0 /);
  expect(said).toMatch(/women Mean error 400 \+10 /);
  expect(said).toMatch(/men less women Mean error \u221210 \u22121\d\.?\d* to \u2212\d/);
  expect(said).toContain('A loss above 40 counts as that.');
});

describe('the report of a release whose policy judges groups', () => {
  it('is a whole page that shows each group, also one that is too small or has no labels', () => {
    expect(nestingErrors(page)).toEqual([]);
    expect(text.replace(/<pre>[^]*<\/pre>/, '')).not.toMatch(/\b(NaN|Infinity|undefined)\b/);
    expect(text).toContain('Groups of SEX on mirrored requests');
    expect(text).toMatch(/women TPR 200 −0\.340 /);
    expect(text).toMatch(/few \? inconclusive TPR 0 – 1 1 /);
    expect(page).toContain('&lt;men&gt;');
  });
  it('shows the contrasts of those that are large enough', () => {
    expect(text).toMatch(/&lt;men&gt; less women TPR \+0\.340 \+0\.\d+ to \+0\.\d+/);
    expect(text).not.toContain('less few');
  });
  it('says what was not judged, and how well the versions agree', () => {
    expect(text).toContain('2 groups came after the first that are judged.');
    expect(text).toContain('DIS is not judged: DIS is dropped from the log.');
    expect(text).toContain('same label, by key 98.7 %');
    expect(text).toContain('mean shift of the probability +0.007');
  });
});
