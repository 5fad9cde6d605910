import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';
import { runCommand } from '../support/command.ts';
import { readPage } from '../support/page.ts';
import { PageReader } from '../support/page-reader.ts';
import { patience } from '../support/patience.ts';

const page = 'docs/tutorial.md';

it(
  `does what ${page} says, and prints what it shows`,
  { timeout: patience(600_000) },
  async ({ onTestFinished, skip }) => {
    await runCommand('curl', ['--version']).catch(() => skip('there is no curl'));
    const home = await mkdtemp(join(tmpdir(), 'pawl-tutorial-'));
    onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }));
    // The page uses the usual ports. Here any free ones are taken, and the reader does what the page says about that.
    const config = join(home, 'free-ports.yaml');
    await writeFile(config, 'ports: { temporal: 0, ui: 0, gateway: 0, gatewayGrpc: 0 }\n');
    const env = { ...outerEnv(), HOME: home, PAWL_CONFIG: config, npm_config_update_notifier: 'false' };
    const reader = new PageReader({ home, cwd: packageRoot, env, longestMs: 120_000 });
    onTestFinished(() => reader.close());
    reader.instead.set('/home/you', home);

    const blocks = readPage(await readFile(join(packageRoot, page), 'utf8'));
    for (const block of blocks) {
      const printed = await reader.follow(block).catch((error: unknown) => {
        throw new Error(`${page}:${block.line}: ${String(error)}`, { cause: error });
      });
      const [, gateway] = /^Gateway +http:\/\/127\.0\.0\.1:(\d+)$/m.exec(printed) ?? [];
      if (gateway !== undefined) reader.instead.set('localhost:8080', `localhost:${gateway}`);
    }
    await reader.finish([2]);
    expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(['command', 'output', 'file']));
  },
);

/** Of a fresh terminal: nothing that points to another project or server, and nothing of npm or the tests. */
const outerEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !notFresh.test(name)));

const notFresh = /^(PAWL_(?!CACHE)|TEMPORAL_(?!CLI_PATH)|VITEST|NODE_ENV$|npm_)/;
