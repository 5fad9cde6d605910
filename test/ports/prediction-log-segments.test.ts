import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventCounts, ObservedSegment } from '../../contracts/evidence/release.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { SegmentWindow } from '../../contracts/release/segment-window.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { inputsOf, prediction, since } from './log-entries.ts';
import { useReleaseLogs } from './release-log.ts';

const skip = [{ from: since + 3, to: since + 6 }];
const { window, storeOf, observe: observeIn } = useReleaseLogs({ skip, matureBefore: since });
const countries = ['DE', 'FR', 'missing'];
const byCountry: SegmentWindow = {
  part: { column: 'a/country' },
  segments: countries.map((group) => ({ segment: `a/country=${group}`, group })),
};

const observe = (segments: SegmentWindow, ...logs: (readonly LogEntry[])[]) => observeIn({ segments }, ...logs);

interface Asked {
  readonly key: string;
  readonly country: string | null;
  readonly byCanary: boolean;
  readonly share: number;
  readonly fails: boolean;
  readonly ms: number;
  readonly label: number;
}
const requests = array(
  record({
    key: constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    country: option(constantFrom('DE', 'FR', 'US')),
    byCanary: boolean(),
    share: constantFrom(0, 0.1, 0.5, 1),
    fails: boolean(),
    ms: constantFrom(2, 50, 51),
    label: constantFrom(0, 1),
  }),
  { minLength: 20, maxLength: 80 },
);

/** Requests arrive a millisecond apart. */
const entriesOf = (asked: readonly Asked[]): LogEntry[] =>
  asked.map(({ key, country, byCanary, share, fails, ms, label }, i) =>
    prediction(`r${i}`, {
      key,
      at: since + i,
      share,
      ms,
      ...(byCanary ? { version: 2, arm: 'canary' } : { version: 1, arm: 'champion' }),
      ...(fails ? { error: 'broken', label: null } : { label }),
      inputs: inputsOf(country === null ? { other: 1 } : { 'a/country': country }),
    }),
  );

/** As the definition says it: of each key, segment, kind and kind of share the first event counts. */
function expected(asked: readonly Asked[], withKeys: boolean): ObservedSegment[] {
  const seen = asked.filter((_, i) => i < 3 || i >= 6);
  const side = ({ byCanary }: Asked) => (byCanary ? 'canary' : 'champion');
  return countries.map((country) => {
    const here = seen.filter((request) => (request.country ?? 'missing') === country);
    const firsts = (isEvent: (request: Asked) => boolean): EventCounts[] => {
      const known = new Set<string>();
      const counts = new Map<number, EventCounts>();
      for (const request of here.filter(isEvent)) {
        const { key, share } = request;
        const once = `${key} ${share === 0 || share === 1 ? share : 'split'}`;
        if (known.has(once)) continue;
        known.add(once);
        const count = counts.get(share) ?? { share, champion: 0, canary: 0 };
        count[side(request)] += 1;
        counts.set(share, count);
      }
      return [...counts.values()].toSorted((a, b) => a.share - b.share);
    };
    const sides = (of: readonly Asked[]) => ({
      champion: of.filter(({ byCanary }) => !byCanary).length,
      canary: of.filter(({ byCanary }) => byCanary).length,
    });
    return {
      segment: `a/country=${country}`,
      events: {
        error: firsts(({ fails }) => fails),
        slow: firsts(({ ms }) => ms > 50),
        positive: firsts(({ fails, label }) => !fails && label === 1),
        negative: firsts(({ fails, label }) => !fails && label === 0),
        ...(withKeys ? { key: firsts(() => true) } : {}),
      },
      requests: sides(here),
      slow: sides(here.filter(({ ms }) => ms > 50)),
    };
  });
}

describe('the segments of a release', () => {
  it('are counted as brute force counts them, in any order and cut of segments of the log', async () => {
    await assert(
      asyncProperty(requests, integer({ min: 1, max: 19 }), boolean(), async (asked, cut, keys) => {
        const entries = entriesOf(asked);
        const seen = await observe({ ...byCountry, keys }, entries.slice(cut).toReversed(), entries.slice(0, cut + 5));
        expect(seen.segments).toEqual(expected(asked, keys));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('are those of bands where the input is in bands, and are named though nobody is in them', async () => {
    const ages: SegmentWindow = {
      part: { column: 'age', bands: [30] },
      segments: [
        { segment: 'age=below 30', group: 'below 30' },
        { segment: 'age=30 and above', group: '30 and above' },
      ],
    };
    const rows = [18, 29.5, 4].map((age, i) => prediction(`r${i}`, { at: since + 10, inputs: inputsOf({ age }) }));
    const { segments } = await observe(ages, rows);
    expect(segments?.map(({ segment, requests: { champion } }) => [segment, champion])).toEqual([
      ['age=below 30', 3],
      ['age=30 and above', 0],
    ]);
  });

  it('are not read unless they are asked for, also by one log that looks both ways', async () => {
    const store = await storeOf([[prediction('x', { inputs: inputsOf({ 'a/country': 'DE' }) })]]);
    const log = createPredictionLog({ store });
    const plain = await log.observe(window);
    expect(plain).not.toHaveProperty('segments');
    const parted = await log.observe({ ...window, segments: byCountry });
    expect(parted.segments?.[0]?.requests).toEqual({ champion: 1, canary: 0 });
    expect({ ...parted, segments: undefined }).toEqual({ ...plain, segments: undefined });
  });
});
