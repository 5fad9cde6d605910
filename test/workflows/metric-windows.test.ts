import { describe, expect, it } from 'vitest';
import { narrowed, sharedWindows, type SharedWindow } from '../../activities/release/support/metric-windows.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';

/** Seconds into the release, and the canary's share; null has none. */
type State = readonly [second: number, share: number | null, holder?: string];

const ms = (second: number): number => 1_000_000 + second * 1_000;
const history = (states: readonly State[]): Deployment[] =>
  states.map(([second, share, holder = 'r/1'], index) => ({
    schema: 'pawl.deployment/1',
    seq: index + 1,
    model: 'churn',
    salt: 's',
    champion: 1,
    previous: null,
    canary: share === null ? null : { version: 2, share },
    shadow: null,
    guard: null,
    frozen: false,
    forced: [],
    before: null,
    signature: null,
    release: holder === '' ? null : holder,
    actor: 'test',
    reason: 'test',
    at: new Date(ms(second)).toISOString(),
  }));
/** `from to share`, in seconds. */
const inWords = (windows: readonly SharedWindow[]): string[] =>
  windows.map(({ from, to, share }) => `${(from - ms(0)) / 1_000} ${(to - ms(0)) / 1_000} ${share ?? 'none'}`);

describe('the windows of a release', () => {
  it.each<[string, State[], { skip?: [number, number][]; since?: number; until: number }, string[]]>([
    ['none before anything happened', [], { until: 9 }, []],
    ['none in the shadow', [[0, null]], { until: 9 }, []],
    [
      'none at shares of 0 and 1',
      [
        [0, 0],
        [5, 1],
      ],
      { until: 9 },
      [],
    ],
    [
      'none of another release',
      [
        [0, 0.1, 'r/0'],
        [5, null],
      ],
      { until: 9 },
      [],
    ],
    [
      'end now while a share is in force',
      [
        [0, null],
        [2, 0.1],
      ],
      { until: 9 },
      ['2 9 0.1'],
    ],
    [
      'are one per share',
      [
        [0, null],
        [2, 0.1],
        [5, 0.5],
      ],
      { until: 9 },
      ['2 5 0.1', '5 9 0.5'],
    ],
    [
      'are not cut by a freeze',
      [
        [2, 0.1],
        [4, 0.1],
      ],
      { since: 2, until: 9 },
      ['2 9 0.1'],
    ],
    ['are cut where the step began again', [[2, 0.1]], { since: 6, until: 9 }, ['2 6 0.1', '6 9 0.1']],
    [
      'end with the release',
      [
        [2, 0.1],
        [5, null, ''],
      ],
      { until: 9 },
      ['2 5 0.1'],
    ],
    ['leave out the warm-up', [[2, 0.1]], { skip: [[2, 4]], since: 2, until: 9 }, ['4 9 0.1']],
    ['are none while the warm-up lasts', [[2, 0.1]], { skip: [[2, 40]], since: 2, until: 9 }, []],
    [
      'hold what is left out between them without a share',
      [
        [2, 0.1],
        [5, 0.5],
      ],
      { skip: [[5, 7]], since: 7, until: 9 },
      ['2 5 0.1', '5 7 none', '7 9 0.5'],
    ],
    [
      'hold a share of 0 between them',
      [
        [2, 0.1],
        [4, 0],
        [6, 0.2],
        [8, 0.95],
      ],
      { since: 8, until: 9 },
      ['2 4 0.1', '4 6 none', '6 8 0.2', '8 9 0.95'],
    ],
    [
      'do not begin after now',
      [
        [2, 0.1],
        [20, 0.5],
      ],
      { until: 9 },
      ['2 9 0.1'],
    ],
  ])('%s', (_, states, { skip = [], since = 0, until }, expected) => {
    const windows = sharedWindows(history(states), {
      holder: 'r/1',
      skip: skip.map(([from, to]) => ({ from: ms(from), to: ms(to) })),
      since: ms(since),
      until: ms(until),
    });
    expect(inWords(windows)).toEqual(expected);
    for (const [index, { from, to }] of windows.entries()) {
      expect(to).toBeGreaterThan(from);
      if (index > 0) expect(from).toBe(windows[index - 1]?.to);
    }
  });

  it('are narrowed at both ends for the canary, and those that are too short are none', () => {
    const windows = [
      { from: ms(0), to: ms(10), share: 0.1 },
      { from: ms(10), to: ms(14), share: 0.2 },
      { from: ms(14), to: ms(30), share: 0.5 },
    ];
    expect(inWords(narrowed(windows, 2_000))).toEqual(['2 8 0.1', '8 16 none', '16 28 0.5']);
    expect(narrowed(windows.slice(1, 2), 2_000)).toEqual([]);
  });
});
