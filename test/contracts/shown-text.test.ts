import { describe, expect, it } from 'vitest';
import { firstReason, shownNames, shownText } from '../../contracts/shown-text.ts';

describe('a text from outside in a message', () => {
  it.each<[string, string]>([
    ['age', 'age'],
    ['Größe 年齢 😀', 'Größe 年齢 😀'],
    ['a\u001b[31mred\n', 'a\\u001b[31mred\\u000a'],
    ['right\u202eleft', 'right\\u202eleft'],
    ['half \ud83d.', 'half \\ud83d.'],
    ['\u009b2J', '\\u009b2J'],
  ])('shows %j as %j', (text, shown) => {
    expect(shownText(text)).toBe(shown);
  });

  it('is cut where it is long, and says so', () => {
    expect(shownText('a'.repeat(8_000_000))).toBe(`${'a'.repeat(80)}… (8000000 characters)`);
  });

  it('lists names up to a number', () => {
    expect(shownNames(['a', 'b\n'])).toBe('a, b\\u000a');
    expect(shownNames(Array.from({ length: 25 }, (_, i) => String(i)))).toMatch(/^0, 1, .*, 19 and 5 more$/);
  });
});

it.each<[string[], string]>([
  [[], ''],
  [['one'], 'one'],
  [['one', 'two', 'three'], 'one (and 2 more)'],
  [['one', 'two', 'and 3 more'], 'one (and 4 more)'],
])('of the reasons %j the first is shown, and how many more there are', (reasons, shown) => {
  expect(firstReason(reasons)).toBe(shown);
});
