import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modulePath, packageRoot } from '../../config/source-tree.ts';
import { descendantsOf, stillRunning, type Process } from '../support/descendants.ts';
import { patience, waitFor } from '../support/patience.ts';

let home: string;
let seen: Process[];
const started: ChildProcess[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pawl-orphans-'));
  seen = [];
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const line of stillRunning(seen)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

async function start(command: string, args: readonly string[]): Promise<{ child: ChildProcess; pid: number }> {
  const config = join(home, 'temporal.yaml');
  await writeFile(
    config,
    'ports: { temporal: 0, ui: 0, gateway: 0, gatewayGrpc: 0 }\ngateway: { processes: 2, drain: 3s }\n',
  );
  const { TEMPORAL_ADDRESS: _address, PAWL_STORE: _store, ...env } = process.env;
  const child = spawn(command, args, {
    cwd: packageRoot,
    env: { ...env, PAWL_HOME: home, PAWL_CONFIG: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  return { child, pid: child.pid ?? -1 };
}

const isReady = ({ stdout }: ChildProcess): Promise<unknown> =>
  stdout === null ? Promise.reject(new Error('no output')) : once(createInterface({ input: stdout }), 'line');

const allGone = (): Promise<void> =>
  expect.poll(() => stillRunning(seen), { timeout: patience(20_000), interval: 100 }).toEqual([]);

describe('what pawl up started', { timeout: patience(120_000) }, () => {
  const up = ['cli/pawl.mjs', 'up', '--json'];

  it('ends when the supervisor is killed', async () => {
    const { child, pid } = await start(process.execPath, up);
    await isReady(child);
    seen = descendantsOf(pid);
    const commands = seen.map(({ command }) => command).join('\n');
    for (const part of ['start-dev', '--queues cpu,gpu', '--queues pipeline,release', '--process 1'])
      expect(commands).toContain(part);
    child.kill('SIGKILL');
    await allGone();
  });

  it('ends when the supervisor is killed while all of it starts', async () => {
    const { child, pid } = await start(process.execPath, up);
    seen = await waitFor(
      'the server to be started',
      () => {
        const now = descendantsOf(pid);
        return now.some(({ command }) => command.includes('start-dev')) ? now : null;
      },
      30_000,
    );
    child.kill('SIGKILL');
    await allGone();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ends when %s reaches npx alone', async (signal) => {
    const { child, pid } = await start('npx', ['--no-install', 'pawl', 'up', '--json']);
    await isReady(child);
    seen = descendantsOf(pid);
    expect(seen.length).toBeGreaterThan(6);
    child.kill(signal);
    await allGone();
  });
});

it('a process whose event loop is blocked ends with its parent', { timeout: patience(30_000) }, async () => {
  const end = pathToFileURL(modulePath('ports/end-with-parent')).href;
  const child = `import(${JSON.stringify(end)}).then(({ endWithParent }) => {
    endWithParent(0);
    setTimeout(() => { process.stdout.write('blocked\\n'); for (;;) {} }, 200);
  });`;
  const parent = `require('node:child_process').spawn(process.execPath,
    ['--import', 'tsx', '--eval', ${JSON.stringify(child)}], { stdio: ['ignore', 'inherit', 'inherit'] });`;
  const { child: root, pid } = await start(process.execPath, ['--eval', parent]);
  await isReady(root);
  seen = descendantsOf(pid);
  expect(seen.length).toBeGreaterThan(0);
  root.kill('SIGKILL');
  await allGone();
});

describe('a program that a script handed over to', { timeout: patience(30_000) }, () => {
  const handOver = pathToFileURL(join(packageRoot, 'scripts', 'lib', 'hand-over.mjs')).href;
  // What vitest is to `npm test`: it has children of its own, and ends on a signal with a code.
  const program = `require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
    process.on('SIGTERM', () => process.exit(7));
    process.stdout.write('ready\\n');
    setInterval(() => undefined, 1000);`;
  const script = `import(${JSON.stringify(handOver)}).then(async ({ handOver }) =>
    process.exit(await handOver(['--eval', ${JSON.stringify(program)}])));`;

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 7],
  ] as const)('ends with its children when %s reaches the script alone', async (signal, code) => {
    const { child, pid } = await start(process.execPath, ['--eval', script]);
    await isReady(child);
    seen = descendantsOf(pid);
    expect(seen.map(({ command }) => command).join('\n')).toContain('sleep 600');
    child.kill(signal);
    const [ended] = (await once(child, 'exit')) as [number | null];
    expect(ended).toBe(code);
    await allGone();
  });
});
