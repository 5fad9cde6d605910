import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../contracts/did-you-mean.ts';

/** Levenshtein's distance by the whole table. */
function distanceOf(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      table[i]![j] = Math.min(
        table[i - 1]![j]! + 1,
        table[i]![j - 1]! + 1,
        table[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
  return table[a.length]![b.length]!;
}

describe('did you mean', () => {
  it.each<[string, readonly string[], string | null]>([
    ['limit', ['limits', 'label'], 'limits'],
    ['aeg', ['age', 'sector'], 'age'],
    ['AGE', ['age'], 'age'],
    ['x', ['y'], null],
    ['', ['a'], null],
    ['zzzzzz', ['age', 'sector'], null],
    ['hours', ['house', 'hour', 'hours_'], 'hour'],
    ['name', [], null],
  ])('takes %j among %j for %j', (word, candidates, meant) => {
    expect(didYouMean(word, candidates)).toBe(meant);
  });

  it('agrees with the whole table of edits on any two words', () => {
    const word = string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 14 }).map((text) => text.toLowerCase());
    assert(
      property(word, word, (a, b) => {
        const near = Math.min(4, Math.max(2, Math.ceil(a.length / 3)), a.length - 1);
        expect(didYouMean(a, [b])).toBe(distanceOf(a, b) <= near ? b : null);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes the nearest of many', () => {
    expect(
      didYouMean(
        'column_17',
        Array.from({ length: 900 }, (_, i) => `column_${i + 100}`),
      ),
    ).toBe('column_107');
    expect(
      didYouMean(
        'colum_117',
        Array.from({ length: 900 }, (_, i) => `column_${i + 100}`),
      ),
    ).toBe('column_117');
  });

  it('costs next to nothing for words and lists of any size', () => {
    const long = 'a'.repeat(8_000_000);
    const names = Array.from({ length: 100_000 }, (_, i) => `${'b'.repeat(58)}${String(i).padStart(6, '0')}`);
    const nearly = `${'b'.repeat(58)}999990`;
    didYouMean(nearly, names);
    const before = process.cpuUsage();
    expect(didYouMean(long, names)).toBeNull();
    expect(didYouMean('age', [long])).toBeNull();
    didYouMean(nearly, names);
    const { user, system } = process.cpuUsage(before);
    // Edit distance of the long word alone would take half a minute.
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});
