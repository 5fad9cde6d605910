import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

it('the page on own servers names every variable that the configuration reads', () => {
  const code = ['config/load-config.ts', 'scripts/lib/paths.mjs'].map(read).join('\n');
  const variables = new Set(Array.from(code.matchAll(/\benv\.([A-Z][A-Z0-9_]+)/g), ([, name]) => name ?? ''));
  expect(variables).toContain('PAWL_STORE');
  const page = read('docs/own-servers.md');
  expect([...variables].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
