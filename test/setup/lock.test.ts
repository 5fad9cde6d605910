import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLock, takeLock } from '../../scripts/lib/lock.mjs';
import { isAlive, processStart } from '../../scripts/lib/process.mjs';
import { runCommand } from '../support/command.ts';

const module = new URL('../../scripts/lib/lock.mjs', import.meta.url).href;

describe('a lock file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-lock-'));
    path = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('tells who holds it, and is gone after the release', () => {
    const lock = takeLock<{ address: string }>(path, { address: 'here' });
    if (!lock.held) throw new Error('nobody else can hold it');
    const second = takeLock(path);
    expect(second).toMatchObject({ held: false, by: { pid: process.pid, address: 'here' } });
    lock.release();
    expect(readLock(path)).toBeNull();
  });

  it('is taken over from a process that ended while it held it, and shows what that one noted', async () => {
    const crash = `import { takeLock } from ${JSON.stringify(module)}; takeLock(${JSON.stringify(path)}, { address: 'there' }); process.exit(0);`;
    expect((await runCommand(process.execPath, ['--input-type=module', '-e', crash])).code).toBe(0);
    expect(readLock(path)).toMatchObject({ address: 'there' });
    expect(takeLock(path)).toMatchObject({ held: true, stale: { address: 'there' }, by: { pid: process.pid } });
  });

  it('is not mistaken for one of a later process with the same id', async () => {
    await symlink(JSON.stringify({ pid: process.pid, start: `${processStart(process.pid)}0` }), path);
    expect(takeLock(path).held).toBe(true);
    expect(isAlive({ pid: process.pid, start: processStart(process.pid) })).toBe(true);
  });

  it('is taken over where it is a file that no lock wrote', async () => {
    await writeFile(path, '{}');
    expect(takeLock(path).held).toBe(true);
    expect(readLock(path)).toMatchObject({ pid: process.pid });
  });

  it('lets one process in at a time, though many start at once and some die inside', async () => {
    const log = join(folder, 'log');
    const work = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      import { takeLock } from ${JSON.stringify(module)};
      for (let turn = 0; turn < 5; turn += 1) {
        let lock = takeLock(${JSON.stringify(path)});
        while (!lock.held) { await delay(2); lock = takeLock(${JSON.stringify(path)}); }
        appendFileSync(${JSON.stringify(log)}, 'in ' + process.pid + '\\n');
        await delay(3);
        appendFileSync(${JSON.stringify(log)}, 'out ' + process.pid + '\\n');
        if (turn === 3 && Number(process.argv[1]) % 2 === 0) process.exit(0);
        lock.release();
      }`;
    const runs = Array.from({ length: 6 }, (_, index) =>
      runCommand(process.execPath, ['--input-type=module', '-e', work, String(index)]),
    );
    for (const { code, stderr } of await Promise.all(runs)) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2 * (3 * 5 + 3 * 4));
    for (let at = 0; at < lines.length; at += 2) expect(lines[at + 1]).toBe(lines[at]?.replace('in', 'out'));
  });

  it('lets one process in, wherever rivals come while one takes over the lock of an ended process', async () => {
    const work = `
      import { spawn } from 'node:child_process';
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const [from, path] = process.argv.slice(1);
      const rival = \`
        import { writeFileSync } from 'node:fs';
        import { takeLock } from ${JSON.stringify(module)};
        writeFileSync(process.argv[2], String(takeLock(process.argv[1]).held));
        setInterval(() => undefined, 1000);\`;
      const rivals = [];
      let held = 0;
      let calls = 0;
      const original = { ...fs };
      const letRivalIn = () => {
        const answer = path + '.answer.' + process.pid + '.' + rivals.length;
        rivals.push(spawn(process.execPath, ['--input-type=module', '-e', rival, path, answer], { stdio: 'ignore' }));
        let said = '';
        while (said === '') {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
          if (fs.existsSync(answer)) said = fs.readFileSync(answer, 'utf8');
        }
        if (said === 'true') held += 1;
      };
      for (const name of ['symlinkSync', 'renameSync', 'rmSync'])
        fs[name] = (...given) => {
          if (calls++ >= Number(from) && rivals.length < 2) letRivalIn();
          return original[name](...given);
        };
      syncBuiltinESMExports();
      const { takeLock } = await import(${JSON.stringify(module)});
      if (takeLock(path).held) held += 1;
      for (const each of rivals) each.kill('SIGKILL');
      console.log(JSON.stringify({ calls, held }));`;
    const takeOver = async (from: number): Promise<{ calls: number; held: number }> => {
      await symlink(JSON.stringify({ pid: 999_999_999, start: '1' }), path);
      const args = ['--input-type=module', '-e', work, String(from), path];
      const { stdout, stderr } = await runCommand(process.execPath, args);
      expect(stderr).toBe('');
      await rm(path);
      return JSON.parse(stdout);
    };
    const { calls } = await takeOver(Infinity);
    expect(calls).toBeGreaterThan(4);
    for (let from = 0; from < calls; from += 1)
      expect(await takeOver(from), `rivals from call ${from} on`).toMatchObject({ held: 1 });
  });
});
