import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from './harness.ts';

describe('a serving process', () => {
  it('ends by itself when its primary was killed while it had something to say to it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-orphan-'));
    const path = join(folder, 'said');
    const script = fileURLToPath(new URL('./orphan-entry.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, path], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const said = (): Promise<string> => readFile(path, 'utf8').catch(() => '');
    await until('the serving process runs', async () => (await said()) === String(child.pid));
    child.kill('SIGKILL');
    await until('it has ended', async () => (await said()) === 'ended by itself' || errors !== '');
    expect(errors).toBe('');
    expect(await said()).toBe('ended by itself');
    await rm(folder, { recursive: true });
  });
});
