import { expect, test } from 'vitest';
import type { Analysis } from '../../contracts/release/release.ts';
import { heldBy, holdKey, LastingHolds, waitsFor } from '../../cli/held-by.ts';

const analysis = (decision: Analysis['decision'], reasons: string[]): Analysis => ({
  phase: 'shadow',
  status: 'inconclusive',
  decision,
  evidence: null,
  reasons,
  at: 0,
  fired: [],
  fingerprint: null,
});

test.each([
  [
    'evidence, with the first reason',
    analysis('hold', ['30 lack the column "a"', 'more']),
    'evidence: 30 lack the column "a"',
  ],
  ['time alone, without a reason', analysis('hold', []), 'the end of the phase'],
  ['nothing, where it goes on', analysis('advance', []), null],
  ['nothing, before the first analysis', null, null],
])('a release waits for %s', (_, lastAnalysis, said) => {
  expect(waitsFor({ lastAnalysis })).toBe(said);
  expect(heldBy({ lastAnalysis })).toBe(said?.split('evidence: ')[1] ?? null);
});

test('a watched release says the same hold once, with any numbers', () => {
  expect(holdKey('30 of 100 (30 %, at most 0.5 %) lack "a"')).toBe(
    holdKey('42 of 1200 (3.5 %, at most 0.5 %) lack "a"'),
  );
  expect(holdKey('30 lack "a"')).not.toBe(holdKey('30 lack "b"'));
});

test('a hold is told from its second analysis on', () => {
  const holds = new LastingHolds();
  expect(holds.isOld('2 requests of at least 40', 100)).toBe(false);
  expect(holds.isOld('2 requests of at least 40', 100)).toBe(false);
  expect(holds.isOld('30 lack "a"', 200)).toBe(false);
  expect(holds.isOld('37 requests of at least 40', 200)).toBe(true);
});
