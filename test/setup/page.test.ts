import { describe, expect, it } from 'vitest';
import { outputPattern, readPage, showsAll } from '../support/page.ts';

const page = (...lines: string[]): string => lines.join('\n');

describe('readPage', () => {
  it('reads commands, output and files in their order, with their lines', () => {
    const markdown = page(
      '# Title',
      '```sh terminal=2 exit=1',
      'one',
      'two',
      '```',
      '```text',
      'said',
      '```',
      'It is slow. Add this to `~/a.yaml`, if you like:',
      '',
      '```yaml',
      'a: 1',
      '```',
    );
    expect(readPage(markdown)).toEqual([
      { kind: 'command', line: 2, text: 'one\ntwo', terminal: 2, exit: 1 },
      { kind: 'output', line: 6, text: 'said', terminal: 1 },
      { kind: 'file', line: 11, text: 'a: 1\n', path: '~/a.yaml', adds: true },
    ]);
  });

  it.each([
    [['```sh', 'one'], 'line 1: the block does not end'],
    [['', '```sh termnal=2', '```'], 'line 2: unknown words after ```sh: termnal=2'],
    [['```sh second', '```'], 'line 1: unknown words after ```sh: second'],
    [['Some code:', '```js', '```'], 'line 2: no sentence before the block names its file'],
  ])('refuses %j', (lines, message) => {
    expect(() => readPage(page(...lines))).toThrow(message);
  });
});

describe('outputPattern', () => {
  it.each([
    ['promoted version 2: done', 'promoted version 2: done\n'],
    ['GATE   VERDICT', 'GATE VERDICT   \n'],
    ['auc 0.8628 (+0.02373 to -0.5), 12.5 %', 'auc 0.9 (-1e-7 to +0.1), 3 %\n'],
    ['after 373 labels, 4.5 ms', 'after 2 labels, 12 ms\n'],
    ['2  sha256:ab12  2026-11-30 04:39:10', '2 sha256:99ff00  2027-01-02 23:59:59\n'],
    [
      'id 8875f67f-db0e-4545-99b0-18d862b00778 at 127.0.0.1:8080',
      'id 00000000-db0e-4545-99b0-18d862b00778 at 127.0.0.1:1\n',
    ],
    ['train      ...', 'train      80 %\n'],
    ['a\n...\nb', 'a\nb\n'],
    ['a\n...\nb', 'a\nx\n\ny\nb\n'],
    ['no line end', 'no line end'],
  ])('%j shows %j', (shown, printed) => {
    expect(outputPattern(shown).exec(printed)?.[0]).toBe(printed);
  });

  it.each([
    ['promoted version 2', 'promoted version 3\n'],
    ['promoted version 2', 'not promoted version 2\n'],
    ['20 % of traffic', '50 % of traffic\n'],
    ['10 ms', 'ten ms\n'],
    ['a\nb', 'a\nx\nb\n'],
    ['promoted', 'promoted version 2\n'],
    ['a.c', 'abc\n'],
    ['auc 0.5', 'auc NaN\n'],
  ])('%j does not show %j', (shown, printed) => {
    expect(outputPattern(shown).test(printed)).toBe(false);
  });

  it('takes the beginning only, up to the first line that fits after `...`', () => {
    expect(outputPattern('a\n...\nb').exec('a\nx\nb\nb\n')?.[0]).toBe('a\nx\nb\n');
    expect(outputPattern('a\n...').exec('a\nx\n')?.[0]).toBe('a\n');
  });

  it('knows by a last line `...` that more is printed', () => {
    expect([showsAll('a\n...'), showsAll('a\n...\n'), showsAll('...\na'), showsAll('a ...')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
