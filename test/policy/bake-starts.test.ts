import { expect, test } from 'vitest';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';
import { bakeEvidence, startsOfBake, weightOfBegin } from '../../policy/release/bake-starts.ts';

test('a bake is judged from its begin and from each quarter that has passed', () => {
  const starts = (now: number) => startsOfBake({ bake: 1002 }, 5000, now);
  // Quarters of 1,002 ms, in whole milliseconds.
  expect(starts(9000)).toEqual([5000, 5250, 5501, 5751]);
  expect([starts(4000), starts(5249), starts(5250), starts(5751)].map((each) => each.length)).toEqual([1, 1, 2, 4]);
});

test('the evidence is the greatest of the starts, half of it from the begin and a sixth from each later one', () => {
  const bad = [{ share: 0.5, champion: 1, canary: 30 }];
  const evidence = eventRateEvidence(bad, 2);
  expect(evidence).toBeGreaterThan(50);
  const from = (index: number) => Array.from({ length: 4 }, (_, start) => (start === index ? bad : []));
  expect(weightOfBegin).toBe(0.5);
  expect(bakeEvidence(from(0), 2)).toBeCloseTo(evidence / 2, 9);
  for (const later of [1, 2, 3]) expect(bakeEvidence(from(later), 2)).toBeCloseTo(evidence / 6, 9);
  expect(bakeEvidence([bad, bad, bad, bad], 2)).toBeCloseTo(evidence / 2, 9);
  expect(bakeEvidence([], 2)).toBe(0.5);
});
