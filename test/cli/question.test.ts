import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askYesNo } from '../../cli/demo/question.ts';

/** A person at a terminal: `lines` are typed one by one, each once the question was shown again. */
function person(lines: readonly string[], before = '') {
  const input = new PassThrough();
  const output = new PassThrough();
  input.write(before);
  const left = [...lines];
  let shown = '';
  output.on('data', (part: Buffer) => {
    shown += part.toString();
    if (part.includes('Approve?') && left.length > 0) input.write(`${left.shift()}\n`);
  });
  const decided = new AbortController();
  const ask = (byDefault: boolean | null) =>
    askYesNo({ text: 'Approve?', byDefault, input, output, decided: decided.signal });
  return { ask, decided, shown: () => shown, left: () => left };
}

describe("the demo's question", () => {
  it.each([
    ['y', true],
    [' YES ', true],
    ['n', false],
    ['No', false],
    ['', true],
  ])('takes %j as %s', async (line, answer) => {
    expect(await person([line]).ask(true)).toBe(answer);
  });

  it.each(['hm', 'wat', 'nope', 'yup', 'yes please', '1'])('asks again after %j', async (line) => {
    const { ask, shown } = person([line, 'n']);
    expect(await ask(true)).toBe(false);
    expect(shown().match(/Approve\? \[Y\/n\]/g)).toHaveLength(2);
    expect(shown()).toContain('Answer y for yes or n for no.');
  });

  it('takes Enter for nothing where something is inconclusive', async () => {
    const { ask, shown } = person(['', '', 'y']);
    expect(await ask(null)).toBe(true);
    expect(shown().match(/Approve\? \[y\/n\]/g)).toHaveLength(3);
  });

  it.each(['y\n', 'hm\n', '\n', 'y'])('throws away %j, typed before it was shown', async (before) => {
    expect(await person(['n'], before).ask(true)).toBe(false);
  });

  it('ends where somebody decided elsewhere', async () => {
    const { ask, decided } = person([]);
    const asked = ask(true);
    decided.abort();
    expect(await asked).toBeNull();
    const late = person([]);
    const waiting = late.ask(true);
    await expect.poll(late.shown).toContain('Approve?');
    late.decided.abort();
    expect(await waiting).toBeNull();
  });
});
