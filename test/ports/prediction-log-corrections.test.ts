import { binary } from '../support/classes.ts';
import { assert, asyncProperty, array, boolean, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correctionPolicies, type Corrections } from '../../contracts/serving/corrections.ts';
import type { FeedbackEntry, LogEntry } from '../../contracts/serving/prediction-log.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { feedback, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const { window, storeOf } = useReleaseLogs({ liveLabels: true });

const said = record({
  label: constantFrom(0, 1),
  value: option(constantFrom(10, 20)),
  at: integer({ min: 1, max: 40 }),
  known: boolean(),
});
interface Said {
  readonly label: number;
  readonly value: number | null;
  readonly at: number;
  readonly known: boolean;
}

const entryOf = ({ label, value, at, known }: Said, n: number): FeedbackEntry => ({
  // Times differ, so that the order is plain.
  ...feedback('r', label, since + at * 100 + n, value),
  ...(known ? { source: 'billing' } : {}),
});

/** The one that counts, by the words of the policy. */
function counting(corrections: Corrections, all: readonly FeedbackEntry[]): FeedbackEntry | undefined {
  const inTime = all.toSorted((a, b) => a.at - b.at);
  if (corrections === 'first') return inTime[0];
  if (corrections === 'last') return inTime.at(-1);
  return inTime.findLast(({ source }) => source !== undefined) ?? inTime[0];
}

describe('several labels of one request', () => {
  it.each(correctionPolicies)(
    'count by the policy "%s", in a release and in the monitor, and are counted',
    async (corrections) => {
      await assert(
        asyncProperty(array(said, { minLength: 1, maxLength: 6 }), boolean(), async (all, apart) => {
          const entries = all.map(entryOf);
          const asked: LogEntry[] = [prediction('r', { key: 'k', share: 0.5, arm: 'champion', version: 1, label: 1 })];
          const segments = apart ? [asked, ...entries.map((entry) => [entry])] : [[...asked, ...entries]];
          const log = createPredictionLog({ store: await storeOf(segments), corrections });
          const right = counting(corrections, entries)?.label === 1;
          const { labelled, corrected = 0, unsigned = 0 } = await log.observe({ ...window, canary: 2 });
          expect(labelled?.all).toMatchObject([{ arm: 'champion', right: Number(right), wrong: Number(!right) }]);
          expect(corrected).toBe(entries.filter(({ label }) => (label === 1) !== right).length);
          expect(unsigned).toBe(counting(corrections, entries)?.source === undefined ? 1 : 0);
          const live = await log.live({
            model: 'tiny',
            from: since,
            to: since + 1_000_000,
            columns: [],
            labelSpace: binary,
          });
          expect(Array.from(live.right)).toEqual([Number(right)]);
        }),
        { numRuns: 12 },
      );
    },
  );
});
