import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Phrases that have to be read twice, and what to write instead: `npm run check` refuses them in pages, comments and texts. */
const phrases: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bof which\b/gi, 'a sentence of its own, or "whose"'],
  [
    /(?<!\bthere )\b(?:is|are) no\b(?! (?:longer|more|fewer|less|worse|slower|farther)\b)/gi,
    '"is not a", or "there is no"',
  ],
  [/\bsuch as have\b/gi, '"those with"'],
  [/\banew\b/gi, '"again"'],
  [/\bwhatever\b/gi, '"any", "in any case"'],
  [/\bnobody\b[^.]*\bbut\b/gi, '"only"'],
  [/\bit is to be\b/gi, '"it must be"'],
  [/\bstands?\b(?! for\b)/gi, '"is", "lies", "appears"'],
  [/\bcomes? to\b/gi, '"reaches", "gives"'],
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((name) => /\.(?:ts|mjs|md)$/.test(name) && !/^datasets\/|\/fixtures\/|^scripts\/prose\.ts$/.test(name));

let found = 0;
for (const name of files) {
  for (const [i, line] of readFileSync(join(root, name), 'utf8').split('\n').entries())
    for (const [pattern, instead] of phrases)
      for (const [phrase] of line.matchAll(pattern)) {
        found += 1;
        process.stderr.write(`${name}:${i + 1}: "${phrase}": write ${instead}\n`);
      }
}
if (found > 0) {
  process.stderr.write(`${found} phrases that have to be read twice\n`);
  process.exitCode = 1;
}
