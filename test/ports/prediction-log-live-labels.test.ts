import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelledKeys } from '../../contracts/evidence/release.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import { canary, feedback, mirror, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { window, observe: observeIn } = useReleaseLogs({ matureBefore: since + 25, liveLabels: true });
const observe = async (more: Partial<ReleaseWindow>, ...segments: (readonly LogEntry[])[]) =>
  (await observeIn(more, ...segments)).labelled;

interface Asked {
  readonly key: string;
  /** Of the arm `canary`, which the version before has once the candidate is promoted. */
  readonly share: number;
  readonly isPromoted: boolean;
  readonly byArm: 'champion' | 'canary';
  /** 'none' is an answer without a label. */
  readonly answer: number | 'error' | 'none';
  readonly truth: number | null;
  readonly isMirrored: boolean;
}

const requests = array(
  record({
    key: constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'),
    share: constantFrom(0, 0.25, 0.25, 0.5, 1),
    isPromoted: boolean(),
    byArm: constantFrom('champion' as const, 'canary' as const),
    answer: constantFrom<Asked['answer']>(0, 1, 1, 2, 'error', 'none'),
    truth: option(constantFrom(0, 1, 1, 2)),
    isMirrored: boolean(),
  }),
  { minLength: 20, maxLength: 50 },
);

const ofCandidate = ({ isPromoted, byArm }: Asked): boolean => (byArm === 'canary') !== isPromoted;

/** Requests arrive a millisecond apart. */
const entriesOf = (asked: readonly Asked[]): LogEntry[] =>
  asked.flatMap((request, i): LogEntry[] => {
    const { key, share, byArm, answer, truth, isMirrored } = request;
    const version = ofCandidate(request) ? 2 : 1;
    return [
      prediction(`r${i}`, {
        key,
        share,
        at: since + i,
        arm: byArm,
        version,
        label: typeof answer === 'number' ? answer : null,
        error: answer === 'error' ? 'broken' : null,
      }),
      ...(isMirrored ? [mirror(`r${i}`, { version: 3 - version, label: 2 })] : []),
      ...(truth === null ? [] : [feedback(`r${i}`, truth), feedback(`r${i}`, 7, since + 900)]),
    ];
  });

/** Each key by the first of its requests at which the candidate's share was in (0, 1), one by one. */
function recount(asked: readonly Asked[], before: number): LabelledKeys[] {
  const shareOf = ({ share, isPromoted }: Asked): number => (isPromoted ? 1 - share : share);
  const seen = new Set<string>();
  const counts: LabelledKeys[] = [];
  for (const [i, request] of asked.entries()) {
    const share = shareOf(request);
    if (share === 0 || share === 1 || seen.has(request.key)) continue;
    seen.add(request.key);
    if (request.answer === 'none' || since + i >= before) continue;
    const arm = ofCandidate(request) ? 'canary' : 'champion';
    let cell = counts.find((one) => one.share === share && one.arm === arm);
    if (cell === undefined) counts.push((cell = { share, arm, right: 0, wrong: 0, missing: 0 }));
    // 2 is not a label of the task.
    if (request.truth === null || request.truth === 2) cell.missing += 1;
    else if (request.truth === request.answer) cell.right += 1;
    else cell.wrong += 1;
  }
  return counts.toSorted((a, b) => a.share - b.share || (a.arm === 'champion' ? -1 : 1));
}

describe('labels of live requests', () => {
  it('are counted as one by one, in any order and cut of segments', async () => {
    await assert(
      asyncProperty(requests, integer({ min: 1, max: 19 }), async (asked, cut) => {
        const entries = entriesOf(asked);
        const labelled = await observe({}, entries.slice(cut).toReversed(), entries.slice(0, cut + 5));
        expect(labelled).toEqual({ all: recount(asked, Infinity), mature: recount(asked, window.matureBefore) });
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('belong to the first request of a key, also where only a later one got its label', async () => {
    const labelled = await observe({}, [
      prediction('first', { ...canary, key: 'k', label: 1 }),
      prediction('second', { ...canary, key: 'k', at: since + 2, label: 1 }),
      feedback('second', 1),
    ]);
    expect(labelled?.all).toEqual([{ share: 0.25, arm: 'canary', right: 0, wrong: 0, missing: 1 }]);
  });

  it('are compared however they are written, and are read only where they are asked for', async () => {
    const entries = [
      prediction('a', { label: '0' }),
      feedback('a', '0.0'),
      prediction('b', { label: 1 }),
      feedback('b', '1'),
    ];
    expect((await observe({}, entries))?.all).toEqual([
      { share: 0.25, arm: 'champion', right: 2, wrong: 0, missing: 0 },
    ]);
    expect(await observe({ liveLabels: false }, entries)).toBeUndefined();
  });
});
