import { expect, test } from 'vitest';
import type { LabelledKeys } from '../../../contracts/evidence/release.ts';
import { liveLossEvidence, liveNonInferiorityEvidence, liveTest } from '../../../ml/sequential/live-loss.ts';
import { valueKeptEvidence, valueLossEvidence } from '../../../ml/sequential/live-value.ts';
import { valueTest } from '../../../ml/power/values.ts';
import { valuedKeys } from '../../support/valued-keys.ts';

/** By step: keys of an arm, those with a label or a value, and those of them with an event (a wrong answer, or the highest value). */
const shares = [0, 0.1, 0.5, 1];
const cell = (keys: number, known: number, events: number) => ({ keys, known, events });
type Arms = Record<'canary' | 'champion', ReturnType<typeof cell>>;
const inSteps = (...steps: Arms[]) => steps.map((step, at) => ({ share: shares[at] ?? 0, ...step }));
const cells = inSteps(
  { canary: cell(0, 0, 0), champion: cell(70, 60, 9) },
  { canary: cell(40, 30, 7), champion: cell(300, 280, 20) },
  { canary: cell(90, 80, 30), champion: cell(95, 90, 11) },
  { canary: cell(50, 50, 50), champion: cell(0, 0, 0) },
);
const limits = { least: 0.1, greatest: 0.5 };
const arms = ['canary', 'champion'] as const;
/** `young` keys more without a label at a share, as the share would split them. */
const more = (at: number, arm: 'canary' | 'champion', young: number): number => {
  const share = shares[at] ?? 0;
  return at === 2 ? young * (arm === 'canary' ? share : 1 - share) : 0;
};
const close = (found: number, expected: number) => expect(found / expected).toBeCloseTo(1, 9);

test.each([0, 20])('a planned look at labels sees what a look at a release sees, with %i young keys more', (young) => {
  const keys = shares.flatMap((share, at) =>
    arms.map((arm): LabelledKeys => {
      const { keys: all, known, events } = cells[at]![arm];
      return { share, arm, right: known - events, wrong: events, missing: all - known + more(at, arm, young) };
    }),
  );
  close(liveTest(shares, limits, 0.02, 1)(cells, young), liveLossEvidence(keys, limits, 0.02, 'best'));
  close(liveTest(shares, limits, 0.2, -1)(cells, young), liveNonInferiorityEvidence(keys, limits, 0.2, 'worst'));
});

test.each([
  [0, 0],
  [20, 0],
  [20, 0.3],
])(
  'a planned look at values sees what a look at a release sees, with %i young keys more and %d taken off each',
  (young, centre) => {
    const design = { ...limits, centre };
    const keys = shares.flatMap((share, at) =>
      arms.map((arm) => {
        const { keys: all, known, events } = cells[at]![arm];
        const values = Array.from({ length: known }, (_, i) => (i < events ? 1 : 0));
        return valuedKeys(share, arm, values, { from: 0, to: 1 }, all - known + more(at, arm, young));
      }),
    );
    const steps = shares.map((share) => ({ share, hours: 1, keys: 1 }));
    close(valueTest({ steps, design }, -0.02, -1)(cells, young), valueLossEvidence(keys, design, 0.02, 'best'));
    close(valueTest({ steps, design }, -0.2, 1)(cells, young), valueKeptEvidence(keys, design, 0.2, 'worst'));
  },
);

test('young keys are of the last step that has begun', () => {
  const begun = inSteps(cells[0]!, cells[1]!, { canary: cell(0, 0, 0), champion: cell(0, 0, 0) });
  const labels = liveTest(shares, limits, 0.2, -1);
  const design = { ...limits, centre: 0 };
  const values = valueTest({ steps: shares.map((share) => ({ share, hours: 1, keys: 1 })), design }, -0.2, 1);
  const known = (test: (of: typeof begun, young?: number) => number) => [
    test(begun, 10),
    test([cells[0]!, cells[1]!, cells[2]!], 10),
  ];
  const [early, late] = known(labels);
  const asIf = inSteps(
    cells[0]!,
    { canary: cell(41, 30, 7), champion: cell(309, 280, 20) },
    { canary: cell(0, 0, 0), champion: cell(0, 0, 0) },
  );
  close(early ?? 0, labels(asIf));
  close(values(begun, 10), values(asIf));
  expect(late).not.toBe(early);
});
