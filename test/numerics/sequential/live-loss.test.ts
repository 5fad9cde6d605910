import { array, assert, constantFrom, double, nat, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelledKeys } from '../../../contracts/evidence/release.ts';
import type { Random } from '../../../ml/random.ts';
import { liveLosses, liveLossEvidence, liveNonInferiorityEvidence } from '../../../ml/sequential/live-loss.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const limits = { least: 0.1, greatest: 0.5 };
const keysAt = (
  share: number,
  arm: LabelledKeys['arm'],
  counts: Partial<Pick<LabelledKeys, 'right' | 'wrong' | 'missing'>>,
): LabelledKeys => ({ share, arm, right: 0, wrong: 0, missing: 0, ...counts });

const meanOf = (counts: readonly { value: number; count: number }[]): number =>
  counts.reduce((sum, { value, count }) => sum + value * count, 0);

const someKeys = array(
  record({
    share: constantFrom(0.1, 0.25, 0.5),
    arm: constantFrom('champion' as const, 'canary' as const),
    right: nat(50),
    wrong: nat(20),
    missing: nat(20),
  }),
  { maxLength: 6 },
);

describe('the values of labelled live keys', () => {
  test('have the accuracy lost as their mean at every share', () => {
    const chance = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(constantFrom(0.1, 0.3, 0.5), chance, chance, (share, canary, champion) => {
        const { counts } = liveLosses(
          [
            keysAt(share, 'canary', { wrong: share * canary, right: share * (1 - canary) }),
            keysAt(share, 'champion', { wrong: (1 - share) * champion, right: (1 - share) * (1 - champion) }),
          ],
          limits,
        );
        expect(meanOf(counts)).toBeCloseTo(canary - champion, 12);
      }),
    );
  });
  test('leave out shares that nobody planned, and take those that were logged with a rounding error', () => {
    const odd = [
      keysAt(0.05, 'canary', { wrong: 9 }),
      keysAt(0.6, 'champion', { wrong: 9 }),
      keysAt(1, 'canary', { wrong: 1 }),
    ];
    expect(liveLosses(odd, limits).counts.filter(({ count }) => count > 0)).toEqual([]);
    const bake = { least: 0.1, greatest: 1 - 0.05 };
    expect(meanOf(liveLosses([keysAt(1 - 0.05 + 1e-16, 'canary', { wrong: 19 })], bake).counts)).toBeCloseTo(20, 9);
  });
  test('count a missing label at the worst against promotion, so that the evidence is never more than with it', () => {
    assert(
      property(someKeys, double({ min: 0, max: 1, noNaN: true }), (keys, came) => {
        const complete = keys.map((of) => {
          const wrong = Math.round(came * of.missing);
          return { ...of, wrong: of.wrong + wrong, right: of.right + of.missing - wrong, missing: 0 };
        });
        const [worst, known] = [keys, complete].map((of) => liveNonInferiorityEvidence(of, limits, 0.05, 'worst'));
        expect(worst).toBeLessThanOrEqual((known ?? NaN) * (1 + 1e-9));
      }),
    );
  });
});

describe('evidence from labelled live keys', () => {
  test('is 1 without labels', () => {
    expect(liveLossEvidence([keysAt(0.5, 'canary', { missing: 90 })], limits, 0)).toBe(1);
    expect(liveNonInferiorityEvidence([], limits, 0.02)).toBe(1);
  });
  test('expects 1 of the next key at the very limit, for either question', () => {
    assert(
      property(someKeys, constantFrom(0.1, 0.25, 0.5), (keys, share) => {
        const [champion, canary] = [0.1, 0.14];
        const next = [
          { chance: share * canary, key: keysAt(share, 'canary', { wrong: 1 }) },
          { chance: share * (1 - canary), key: keysAt(share, 'canary', { right: 1 }) },
          { chance: (1 - share) * champion, key: keysAt(share, 'champion', { wrong: 1 }) },
          { chance: (1 - share) * (1 - champion), key: keysAt(share, 'champion', { right: 1 }) },
        ];
        for (const evidence of [liveLossEvidence, liveNonInferiorityEvidence]) {
          const now = evidence(keys, limits, canary - champion);
          const mean = next.reduce(
            (sum, { chance, key }) => sum + chance * evidence([...keys, key], limits, canary - champion),
            0,
          );
          if (now < 1e280) expect(mean / now).toBeCloseTo(1, 8);
        }
      }),
    );
  });
});

/** Labelled keys over a ramp on which both arms get worse; the number of keys at which the evidence suffices. */
const play =
  (loss: number, most: number, evidence: (keys: readonly LabelledKeys[]) => number, every = 5) =>
  (random: Random): number | null => {
    const cells = [0.1, 0.25, 0.5].flatMap((share) =>
      (['champion', 'canary'] as const).map((arm) => keysAt(share, arm, {})),
    );
    for (let key = 0; key < most; key++) {
      const share = [0.1, 0.25, 0.5][Math.floor((3 * key) / most)] ?? 0.5;
      const arm = random.next() < share ? 'canary' : 'champion';
      const wrong = 0.05 + (0.1 * key) / most + (arm === 'canary' ? loss : 0);
      const cell = cells.find((one) => one.share === share && one.arm === arm);
      if (cell !== undefined) cell[random.next() < wrong ? 'wrong' : 'right'] += 1;
      if (key % every === 0 && evidence(cells) >= 1 / alpha) return key;
    }
    return null;
  };

describe('labels of live requests, looked at over a ramp on which both versions get worse', () => {
  const repeats = 200;
  const guard = (keys: readonly LabelledKeys[]) => liveLossEvidence(keys, limits, 0.01);
  const promotion = (keys: readonly LabelledKeys[]) => liveNonInferiorityEvidence(keys, limits, 0.05);
  test('roll back a candidate that loses just what is tolerated at most so often as alpha says', () => {
    expect(watch(repeats, play(0.01, 3000, guard)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('promote one that loses just the margin at most so often as alpha says', () => {
    expect(watch(repeats, play(0.05, 3000, promotion)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('find a loss of 15 points, and prove a candidate that loses nothing', () => {
    expect(watch(30, play(0.15, 3000, guard, 50)).share).toBeGreaterThan(0.9);
    expect(watch(30, play(0, 12_000, promotion, 50)).share).toBeGreaterThan(0.9);
  });
});
