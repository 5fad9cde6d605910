import { expect, test } from 'vitest';
import { mutantsOf } from '../../scripts/mutants.ts';

const changed = (text: string): string[] =>
  mutantsOf(text).map(({ from, to, replacement }) => text.slice(0, from) + replacement + text.slice(to));

test('each mutant changes one operator, number or bound', () => {
  expect(changed('return a + b < 2 ? x.lower : Math.max(0, y);')).toEqual([
    'return a - b < 2 ? x.lower : Math.max(0, y);',
    'return a + b <= 2 ? x.lower : Math.max(0, y);',
    'return a + b < 3 ? x.lower : Math.max(0, y);',
    'return a + b < 2 ? x.upper : Math.max(0, y);',
    'return a + b < 2 ? x.lower : Math.min(0, y);',
    'return a + b < 2 ? x.lower : Math.max(1, y);',
  ]);
});

test('comments, texts, imports, types and what replaces a missing value are left alone', () => {
  const text = [
    "import { a } from './a1.ts';",
    '/** At least 2 + 2. */',
    'interface A {',
    '  readonly n: 1;',
    '}',
    'const b = c[d] ?? 0; // 3 * 4',
    "const e = (f) => 'g 5';",
    'const h = i as 0 | 1;',
    'type J = 2 | 3;',
    'const k = (end: 0 | 1) => `in [0, 1] ${end} of 4 + ${`5 \\` ${{ end }} 6`} 7`; // `',
  ].join('\n');
  expect(changed(text)).toEqual([]);
});

test('values in templates are changed, and what comes after the template', () => {
  expect(changed('const a = `1 ${b + `2 ${c / 3}`} 4`; // ` 5\nd - 6')).toEqual([
    'const a = `1 ${b - `2 ${c / 3}`} 4`; // ` 5\nd - 6',
    'const a = `1 ${b + `2 ${c * 3}`} 4`; // ` 5\nd - 6',
    'const a = `1 ${b + `2 ${c / 4}`} 4`; // ` 5\nd - 6',
    'const a = `1 ${b + `2 ${c / 3}`} 4`; // ` 5\nd + 6',
    'const a = `1 ${b + `2 ${c / 3}`} 4`; // ` 5\nd - 7',
  ]);
});
