import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patience } from '../support/patience.ts';
import { keepChild, type KeptChild } from '../../workers/kept-child.ts';

const ready = `process.stdout.write(JSON.stringify({ port: process.argv[1] ?? 'first' }) + '\\n');`;
const staysUp = `${ready} setInterval(() => {}, 1000);`;
const deaf = `process.on('SIGTERM', () => {}); ${staysUp}`;

describe('a kept process', () => {
  let folder: string;
  let said: string[];
  const open: KeptChild<unknown>[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-kept-'));
    said = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((child) => child.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const keep = async (program: string, stopMs = 2_000): Promise<KeptChild<string>> => {
    const child = await keepChild<string>({
      name: 'thing',
      command: process.execPath,
      args: (before) => ['-e', program, ...(before === null ? [] : ['again'])],
      env: process.env,
      logPath: join(folder, 'thing.log'),
      ipc: true,
      readiness: (line) => (line.startsWith('{') ? (JSON.parse(line) as { port: string }).port : null),
      log: (text) => said.push(text),
      readyMs: 10_000,
      stopMs,
    });
    open.push(child);
    return child;
  };

  it('is started again when it is killed, and told what the first start had said', async () => {
    const child = await keep(staysUp);
    expect(child.ready).toBe('first');
    const { pid } = child;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => child.pid).not.toBe(pid);
    expect(child.starts).toBe(2);
    expect(said).toEqual([expect.stringContaining(`thing (process ${pid}) ended by SIGKILL: starting it again`)]);
    const log = (): Promise<string> => readFile(join(folder, 'thing.log'), 'utf8');
    await expect.poll(log).toContain('{"port":"again"}');
    expect(await log()).toMatch(/^\d{4}-\d\d-\d\dT.* \[\d+\] \{"port":"first"\}\n/);
  });

  it('waits longer before each further start of a program that keeps dying', async () => {
    const child = await keep(`${ready} if (process.argv[1] === undefined) setTimeout(() => process.exit(3), 300);`);
    await expect.poll(() => child.starts).toBeGreaterThanOrEqual(3);
    const early = child.starts;
    expect(early).toBeLessThan(6);
    expect(said[0]).toMatch(/ended with code 3/);
  });

  it('fails at once, with the last words, where the first start dies before it is ready', async () => {
    const start = keep(`process.stderr.write('the port is taken\\n'); process.exit(1);`);
    await expect(start).rejects.toThrow(/thing ended with code 1:\nthe port is taken/);
    expect(said).toEqual([]);
  });

  it('is killed where it does not heed the request to end', async () => {
    const child = await keep(deaf, 300);
    const { pid } = child;
    const before = Date.now();
    await child.stop();
    expect(Date.now() - before).toBeLessThan(patience(3_000));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(said).toEqual([]);
  });
});
