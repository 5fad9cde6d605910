import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage } from '../support/page.ts';
import { PageReader } from '../support/page-reader.ts';

describe('PageReader', () => {
  let home: string;
  let reader: PageReader;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'pawl-page-'));
    reader = new PageReader({ home, cwd: home, env: { ...process.env, HOME: home }, longestMs: 10_000 });
  });
  afterEach(async () => {
    await reader.close();
    await rm(home, { recursive: true, force: true });
  });

  const read = async (...lines: string[]): Promise<void> => {
    for (const block of readPage(lines.join('\n'))) await reader.follow(block);
    await reader.finish([2]);
  };
  const sh = (text: string, words = ''): string => `\`\`\`sh${words}\n${text}\n\`\`\``;
  const shows = (text: string, words = ''): string => `\`\`\`text${words}\n${text}\n\`\`\``;

  it('keeps variables and background jobs of a terminal, and writes the same files as the page says', async () => {
    reader.instead.set('8080', '1234');
    await read(
      sh('export A=1; sleep 60 &'),
      'Write this to `~/a`:',
      '```js\nport = 8080;\n```',
      'Add this to `~/a`:',
      '```js\nmore();\n```',
      sh('echo $A; cat a; kill %1'),
      shows('1\nport = 8080;\nmore();'),
    );
    expect(await readFile(join(home, 'a'), 'utf8')).toBe('port = 1234;\nmore();\n');
  });

  it('compares output while a command runs, and goes on with a second terminal', async () => {
    await read(
      sh('echo one; until [ -e go ]; do sleep 0.05; done; echo two'),
      shows('one\n...'),
      sh('touch go; echo ready; sleep 60', ' terminal=2'),
      shows('ready', ' terminal=2'),
      shows('two'),
    );
  });

  it.each([
    [
      'a command that fails',
      [sh('false; echo after')],
      'the command of line 1 ended with 1, not 0; it printed:\nafter',
    ],
    ['a command that should fail', [sh('true', ' exit=1')], 'ended with 0, not 1'],
    ['other output', [sh('echo one'), shows('two')], 'the page shows:\ntwo\n\nbut this was printed:\none'],
    ['more output', [sh('echo one; echo oops >&2'), shows('one')], 'printed more than the page shows:\noops'],
    ['output without a command', [shows('one')], 'no command before it in this terminal'],
  ])('refuses %s', async (_what, lines, message) => {
    await expect(read(...lines)).rejects.toThrow(message);
  });
});
