import { expect, test } from 'vitest';
import type { Analysis } from '../../contracts/release/release.ts';
import { heldBy, holdKey } from '../../cli/held-by.ts';

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
  ['the first reason', analysis('hold', ['30 lack the column "a"', 'more']), 'evidence: 30 lack the column "a"'],
  ['the time, without a reason', analysis('hold', []), 'the end of the phase'],
  ['nothing, where it goes on', analysis('advance', []), null],
  ['nothing, before the first analysis', null, null],
])('a release waits for %s', (_, lastAnalysis, said) => {
  expect(heldBy({ lastAnalysis })).toBe(said);
});

test('a watched release says the same hold once, with any numbers', () => {
  expect(holdKey('30 of 100 (30 %, at most 0.5 %) lack "a"')).toBe(
    holdKey('42 of 1200 (3.5 %, at most 0.5 %) lack "a"'),
  );
  expect(holdKey('30 lack "a"')).not.toBe(holdKey('30 lack "b"'));
});
