import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueSteps, type ValuedKeys } from '../../contracts/evidence/values.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { canary, feedback, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const range = { from: 0, to: 10 };
const {
  window,
  storeOf,
  observe: observeIn,
} = useReleaseLogs({ matureBefore: since + 25, values: range, liveLabels: true });
const observe = async (more: Partial<ReleaseWindow>, ...segments: (readonly LogEntry[])[]) =>
  (await observeIn(more, ...segments)).values;

interface Asked {
  readonly key: string;
  readonly share: number;
  readonly byCanary: boolean;
  readonly isError: boolean;
  readonly value: number | null;
  readonly label: number | null;
  /** Whether the value comes with the label, or in a feedback of its own, before or after it. */
  readonly comes: 'with' | 'before' | 'after';
}

const requests = array(
  record({
    key: constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'),
    share: constantFrom(0, 0.25, 0.25, 0.5, 1),
    byCanary: boolean(),
    isError: boolean(),
    // Ends of steps only, so that a value says where it lies.
    value: option(constantFrom(0, 0, 2.5, 10, 12, -3)),
    label: option(constantFrom(0, 1)),
    comes: constantFrom<Asked['comes']>('with', 'before', 'after'),
  }),
  { minLength: 20, maxLength: 50 },
);

const feedbacksOf = ({ value, label, comes }: Asked, id: string): LogEntry[] => {
  if (comes === 'with' && (value !== null || label !== null)) return [feedback(id, label, since + 500, value)];
  return [
    ...(label === null ? [] : [feedback(id, label, since + 500)]),
    ...(value === null ? [] : [feedback(id, null, since + (comes === 'before' ? 400 : 600), value)]),
  ];
};

const entriesOf = (asked: readonly Asked[]): LogEntry[] =>
  asked.flatMap((request, i): LogEntry[] => [
    prediction(`r${i}`, {
      key: request.key,
      share: request.share,
      at: since + i,
      ...(request.byCanary ? canary : {}),
      label: 1,
      error: request.isError ? 'broken' : null,
    }),
    ...feedbacksOf(request, `r${i}`),
    // What comes later of the same kind does not count.
    ...(request.value === null ? [] : [feedback(`r${i}`, null, since + 900, 7)]),
    ...(request.label === null ? [] : [feedback(`r${i}`, 2, since + 900)]),
  ]);

/** Each key by the first of its requests at which the candidate's share was in (0, 1), one by one. */
function recount(asked: readonly Asked[], before: number): ValuedKeys[] {
  const seen = new Set<string>();
  const counts: ValuedKeys[] = [];
  for (const [i, { key, share, byCanary, value }] of asked.entries()) {
    if (share === 0 || share === 1 || seen.has(key)) continue;
    seen.add(key);
    if (since + i >= before) continue;
    const arm = byCanary ? 'canary' : 'champion';
    let cell = counts.find((one) => one.share === share && one.arm === arm);
    if (cell === undefined) counts.push((cell = { share, arm, values: [], missing: 0, outside: 0 }));
    if (value === null) cell.missing += 1;
    else {
      const step = (Math.min(10, Math.max(0, value)) * valueSteps) / 10;
      if (value < 0 || value > 10) cell.outside += 1;
      const known = cell.values.find(([at]) => at === step);
      if (known === undefined) cell.values.push([step, 1, 0, 0]);
      else known[1] += 1;
    }
  }
  for (const { values } of counts) values.sort(([a], [b]) => a - b);
  return counts.toSorted((a, b) => a.share - b.share || (a.arm === 'champion' ? -1 : 1));
}

describe('values of live requests', () => {
  it('are counted as one by one, in any order and cut of segments, and hide no label', async () => {
    await assert(
      asyncProperty(requests, integer({ min: 1, max: 19 }), async (asked, cut) => {
        const entries = entriesOf(asked);
        const { values, labelled } = await observeIn({}, entries.slice(cut).toReversed(), entries.slice(0, cut + 5));
        expect(values).toEqual({ all: recount(asked, Infinity), mature: recount(asked, window.matureBefore) });
        const without = entriesOf(asked.map((request) => ({ ...request, value: null })));
        expect(labelled).toEqual((await observeIn({}, without)).labelled);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('are known to a thousandth of a step, and of two at one time it is always the same that counts', async () => {
    const asked = prediction('a', { ...canary, label: 1 });
    const [one, other] = [feedback('a', null, since + 9, 3.333_333), feedback('a', null, since + 9, 4)];
    const seen = [await observe({}, [asked, one, other]), await observe({}, [other], [one, asked])];
    expect(seen[0]?.all).toEqual([
      { share: 0.25, arm: 'canary', values: [[333, 1, 333, 334]], missing: 0, outside: 0 },
    ]);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('are read only where they are asked for', async () => {
    const { values: _, ...unasked } = window;
    const { values } = await createPredictionLog({ store: await storeOf([[prediction('a')]]) }).observe(unasked);
    expect(values).toBeUndefined();
  });
});
