import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { runCommand } from '../support/command.ts';
import { noPython, pythonVenv } from '../support/python.ts';
import type { World } from './harness.ts';
import { createRestWorld, runChecks } from './rest-world.ts';

let world: World;
let gateway: Gateway;
beforeAll(async () => {
  ({ world, gateway } = await createRestWorld());
});
afterAll(() => world.close());

describe('tritonclient over HTTP', () => {
  let python: string | null = null;
  let outcomes: Record<string, string | null> = {};
  beforeAll(async () => {
    python = await pythonVenv(['tritonclient[http]==2.73.0', 'numpy==2.4.6', 'ml_dtypes==0.5.4']);
    if (python !== null) outcomes = await runChecks(python, 'http_tritonclient.py', gateway.url);
  }, 300_000);

  it.for([
    'asks for life, readiness, metadata and configuration',
    'sends and gets every type as raw bytes',
    'sends every type as JSON and gets raw bytes',
    'gets JSON, or raw bytes, by output',
    'gets one of several outputs',
    'packs requests and gets packed answers',
    'sends raw tensors at offsets that are not aligned',
    'names a version, parameters and a time limit',
    'gets NaN and infinities as they are in raw bytes, and as null in JSON',
    'sends many requests at once',
    'asks by asyncio',
    'serves a model of fixed shapes',
    'reads statistics',
    'is told what is wrong',
  ])('%s', (check, { skip }) => {
    if (python === null) skip(noPython);
    expect(outcomes[check]).toBeNull();
  });
});

describe('perf_analyzer', () => {
  let program = '';
  let env: NodeJS.ProcessEnv = {};
  let reason: string | null = null;
  beforeAll(async () => {
    // The last wheel that holds the program; it wants CUDA's runtime even where there is no GPU.
    const python = await pythonVenv(['tritonclient==2.41.0', 'nvidia-cuda-runtime-cu12==12.9.79']);
    if (python === null) {
      reason = noPython;
      return;
    }
    const { stdout } = await runCommand(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    env = { ...process.env, LD_LIBRARY_PATH: join(stdout.trim(), 'nvidia', 'cuda_runtime', 'lib') };
    program = join(dirname(python), 'perf_analyzer');
    const { code, stderr } = await runCommand(program, ['--version'], { env }).catch((error: Error) => ({
      code: -1,
      stderr: error.message,
    }));
    if (code !== 0) reason = `perf_analyzer does not run here: ${stderr.trim()}`;
  }, 300_000);

  it.for<[string, string[]]>([
    ['batches of a matrix', ['-m', 'matrix', '-b', '4']],
    ['a model of fixed shapes', ['-m', 'fixed']],
    ['JSON tensors', ['-m', 'matrix', '--input-tensor-format', 'json', '--output-tensor-format', 'json']],
    ['a named version', ['-m', 'matrix', '-x', '1']],
  ])('measures %s', async ([, options], { skip }) => {
    if (reason !== null) skip(reason);
    const counted = ['--measurement-mode', 'count_windows', '--measurement-request-count', '50', '-p', '200'];
    // What it measures need not be stable here.
    const args = [
      ...options,
      '-i',
      'http',
      '-u',
      new URL(gateway.url).host,
      '--concurrency-range',
      '4',
      '-s',
      '100000',
    ];
    const { code, stdout, stderr } = await runCommand(program, [...args, ...counted], { env });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toMatch(/Concurrency: 4, throughput: [\d.]+ infer\/sec/);
    expect(stdout).not.toMatch(/Failed|error/i);
  });
});
