import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { trainerSchema, type SettingsOf } from '../../contracts/model/trainer.ts';
import { onPath } from '../../config/set-up-scripts.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import type { ProgramSources, TrainingJob } from '../../ports/trainer/port.ts';
import { jobOf, recorder } from '../contracts/trainer.suite.ts';
import { binary } from '../support/classes.ts';
import { describeWith } from '../support/needs.ts';
import { patience } from '../support/patience.ts';
import { settingsOf } from '../training/support.ts';
import { trainersHere } from './trainer-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'pawl-program-'));
const home = join(folder, 'home');
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let ports: OpenedPorts;
/** A model of the job's rows, and what it predicts for those that validate. */
let model: Uint8Array;
let predictions: string;
beforeAll(async () => {
  const config = loadConfig({ PAWL_PROJECT: folder, PAWL_HOME: home });
  ports = openPorts(config, definitionLoaders(config));
  const job = jobOf({ settings: settingsOf({ epochs: 2 }) });
  ({ model } = await trainersHere(ports.inference).train(job, recorder().hooks));
  const loaded = await ports.inference.load(model);
  const { scores } = await loaded.predict(job.validation, binary);
  await loaded.release();
  predictions = ['probability', ...scores].join('\n');
});
afterAll(async () => {
  await ports.close();
  rmSync(folder, { recursive: true, force: true });
});

type Over = Partial<SettingsOf<'command'>>;

/** The job of a shell script, in whose folder lie a model and its predictions. */
function scripted(script: string, over: Over = {}, sources: Partial<ProgramSources> = {}): TrainingJob {
  const text = new TextEncoder();
  const file = (path: string, bytes: Uint8Array) => ({ path, bytes, executable: false });
  return jobOf({
    settings: {
      ...(trainerSchema.parse({
        kind: 'command',
        folder: 'program',
        run: ['sh', 'train.sh'],
      }) as SettingsOf<'command'>),
      ...over,
    },
    program: {
      files: [
        file('train.sh', text.encode(script)),
        file('made/model.onnx', model),
        file('made/predictions.csv', text.encode(predictions)),
        file('made/result.json', text.encode('{}')),
      ],
      champion: null,
      adapt: async (bytes) => bytes,
      ...sources,
    },
  });
}

const train = (job: TrainingJob, hooks = recorder().hooks) => ports.trainer.train(job, hooks);
const leave = 'cp made/* "$PAWL_JOB"';
const left = (): string[] => readdirSync(join(home, 'tmp')).filter((name) => name.startsWith('trainer-'));

describe('a program that trains', () => {
  test('is given its job, and its model is taken with what it says of it', async () => {
    const script = `
      cat "$PAWL_JOB/job.json"
      echo '{"step": 10, "trainLoss": 0.7, "validationLoss": 0.6, "message": "on the way"}'
      echo '{"step": 20, "trainLoss": 0.5, "validationLoss": 0.4}'
      echo '{"step": 30, "trainLoss": 0.4, "validationLoss": 0.5}'
      echo 'a word' >&2
      ${leave}
      echo '{"parameters": 169, "environment": {"tool": "1.2"}}' > "$PAWL_JOB/result.json"`;
    const told = recorder();
    const champion = new TextEncoder().encode('the champion');
    const outcome = await train(scripted(script, { parameters: { depth: 3 } }, { champion }), told.hooks);
    expect(outcome.model).toEqual(model);
    expect(outcome).toMatchObject({ bestEpoch: 20, parameters: 169, provider: 'cpu', environment: { tool: '1.2' } });
    expect(outcome.curve.map(({ epoch }) => epoch)).toEqual([10, 20, 30]);
    expect(told.reports.map(({ epoch }) => epoch)).toEqual([10, 20, 30]);
    const { log, difference, stopped } = outcome.program!;
    expect(difference).toBeLessThan(1e-6);
    expect(stopped).toBe(false);
    expect(log).toContain('a word');
    const asked = JSON.parse(log.slice(0, log.indexOf('}') + 1).join('\n')) as unknown;
    expect(asked).toMatchObject({
      schema: 'pawl.trainer.job/1',
      task: 'binary',
      features: [
        { name: 'age', type: 'number' },
        { name: 'colour', type: 'text' },
        { name: 'income', type: 'number' },
        { name: 'town', type: 'text' },
      ],
      predictions: ['probability'],
      seed: 7,
      parameters: { depth: 3 },
      resume: false,
      champion: true,
    });
    expect(left()).toEqual([]);
  });

  test('is told which rows of a ranking compete', async () => {
    const queries = { trainQueries: new Int32Array(1_500), validationQueries: new Int32Array(400) };
    const { program } = await train({ ...scripted(`cat "$PAWL_JOB/job.json"; ${leave}`), ...queries });
    expect(JSON.parse(program!.log.join('\n'))).toMatchObject({ query: 'query' });
  });

  test('goes on from the checkpoint that it wrote, and is given no other one', async () => {
    const script = `
      [ -f "$PAWL_JOB/checkpoint" ] && echo "resumed from $(cat "$PAWL_JOB/checkpoint")"
      echo state-1 > "$PAWL_JOB/state"
      echo '{"step": 1, "trainLoss": 0.7, "validationLoss": 0.6, "checkpoint": "state"}'
      ${leave}`;
    const first = recorder();
    await train(scripted(script), first.hooks);
    expect(first.checkpoints).toHaveLength(1);
    const again = await train({ ...scripted(script), resume: first.checkpoints[0]! });
    expect(again.program!.log).toContain('resumed from state-1');
    expect(again.curve.map(({ epoch }) => epoch)).toEqual([1]);
    const other = train({ ...scripted(`${script} `), resume: first.checkpoints[0]! });
    await expect(other).rejects.toMatchObject({ type: 'CorruptArtifactError' });
  });

  test('may have removed a checkpoint before it is read, and the log says so', async () => {
    const { program } = await train(scripted(`echo '{"step": 1, "checkpoint": "state-1"}'; ${leave}`));
    expect(program!.log).toContain('pawl: checkpoint state-1 was gone before it could be stored');
  });

  test('sees no secret of the worker', async () => {
    const secrets = { AWS_SECRET_ACCESS_KEY: 'planted', PAWL_STORE: 'planted', DATABASE_PASSWORD: 'planted' };
    const before = { ...process.env };
    Object.assign(process.env, secrets);
    try {
      const { program } = await train(scripted(`env; ${leave}`));
      expect(program!.log.join('\n')).not.toContain('planted');
      expect(program!.log.some((line) => line.startsWith('PATH='))).toBe(true);
    } finally {
      for (const name of Object.keys(secrets)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });

  test.each<[string, string, Over, RegExp]>([
    ['exits with a code', 'echo "no such column" >&2; exit 3', {}, /ended with code 3[^]*no such column/],
    [
      'fails below its traceback',
      'echo "ValueError: no such column" >&2; seq 40 >&2; exit 1',
      {},
      /ended with code 1: ValueError: no such column\n/,
    ],
    [
      'leaves nothing when its minutes are over',
      'sleep 60',
      { minutes: 0.005 },
      /its time \(0\.005 minutes\) was over, and it left no model when it was told to stop/,
    ],
    ['is not there', '', { run: ['no-such-program'] }, /ended with code 127[^]*no-such-program/],
    [
      'leaves no result',
      'cp made/model.onnx "$PAWL_JOB"',
      {},
      /left no result: result.json is not a file of the folder PAWL_JOB/,
    ],
    ['leaves no model', 'cp made/result.json "$PAWL_JOB"', {}, /left no model: model.onnx is not a file/],
    [
      'leaves no predictions',
      'cp made/*.json made/*.onnx "$PAWL_JOB"',
      {},
      /left no predictions.parquet or predictions.csv/,
    ],
    ['leaves too few predictions', `${leave}; echo probability > "$PAWL_JOB/predictions.csv"`, {}, /have 0 rows/],
    ['leaves other columns', `${leave}; echo p > "$PAWL_JOB/predictions.csv"`, {}, /must have the columns probability/],
    ['leaves a result that is not JSON', `${leave}; echo no > "$PAWL_JOB/result.json"`, {}, /result.json is not JSON/],
    [
      'leaves an unknown key',
      `${leave}; echo '{"best": 1}' > "$PAWL_JOB/result.json"`,
      {},
      /result.json cannot be read/,
    ],
    ['says a step that is none', `echo '{"step": "one"}'; ${leave}`, {}, /progress that cannot be read \(step/],
    [
      'says a loss that is not JSON',
      `echo '{"step": 1, "trainLoss": NaN}'; ${leave}`,
      {},
      /line of progress that is not JSON/,
    ],
    [
      'names a checkpoint elsewhere',
      `echo '{"step": 1, "checkpoint": "/etc/passwd"}'; ${leave}`,
      {},
      /not a file of the folder/,
    ],
    [
      'exports another model',
      `${leave}; sed 's/^0\\.\\(.\\).*/0.\\10/' made/predictions.csv > "$PAWL_JOB/predictions.csv"`,
      {},
      /predicts other than itself: by up to 0\.\d+ .*0\.001 is allowed/,
    ],
    [
      'predicts what is not a number',
      `${leave}; sed '2s/.*/nan/' made/predictions.csv > "$PAWL_JOB/predictions.csv"`,
      {},
      /by up to Infinity/,
    ],
  ])('that %s fails for good, and says why', async (_, script, over, message) => {
    const failure = train(scripted(script, over));
    await expect(failure).rejects.toMatchObject({ type: 'TrainerFailedError' });
    await expect(failure).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });

  test.each([
    ['is killed', 'kill -9 $$'],
    ['asks for another try', 'exit 75'],
  ])('that %s may be tried again', async (_, script) => {
    await expect(train(scripted(script))).rejects.toThrow(/a retry goes on from the last checkpoint/);
    await expect(train(scripted(script))).rejects.not.toHaveProperty('type');
  });

  test('that takes too much memory is ended, with what it started', async () => {
    const hog = `node -e "const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 26, 1)), 20)" & wait`;
    const failure = train(scripted(hog, { memoryMb: 400 }));
    await expect(failure).rejects.toMatchObject({ type: 'TrainerFailedError' });
    await expect(failure).rejects.toThrow(/MiB of memory, and 400 MiB are allowed/);
  });

  // Launchers, such as torchrun, end with an error then.
  test.each([0, 1])(
    'is told to stop when its minutes are over, and what it leaves then is taken (code %i)',
    async (code) => {
      const script = `trap '${leave}; exit ${code}' TERM; echo '{"step": 1}'; while :; do sleep 0.05; done`;
      const { program } = await train(scripted(script, { minutes: 0.01 }));
      expect(program!.stopped).toBe(true);
    },
  );

  test('is heard to its last word, and not waited for where a helper of another session keeps its pipes', async () => {
    const helper = `node -e "
      const { spawn } = require('node:child_process');
      spawn('sh', ['-c', 'sleep 30 & exit'], { detached: true, stdio: 'inherit' }).on('exit', () => process.exit());"`;
    const since = performance.now();
    const { program } = await train(
      scripted(`${leave}; ${helper}; head -c 200000 /dev/zero | tr '\\0' x; seq 199 >&2`),
    );
    expect(performance.now() - since).toBeLessThan(patience(15_000));
    expect(program!.log).toEqual(expect.arrayContaining(['1', '199']));
    expect(program!.log).toHaveLength(200);
  });

  test('that hears no signal is ended within a second when the run is cancelled, with helpers of groups of their own', async () => {
    const helper = `node -e "
      const { spawn } = require('node:child_process');
      const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
      console.log(JSON.stringify({ step: child.pid }));
      setInterval(() => {}, 1000);"`;
    const controller = new AbortController();
    let [pid, since] = [0, 0];
    const failure = train(scripted(`trap '' TERM; ${helper}`), {
      signal: controller.signal,
      async onEpoch({ epoch }) {
        pid = epoch;
        since = performance.now();
        controller.abort(new Error('cancelled by a test'));
      },
    });
    await expect(failure).rejects.toThrow('cancelled by a test');
    expect(performance.now() - since).toBeLessThan(patience(1_000));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(left()).toEqual([]);
  });
});

const needsPython = onPath('python3') === null ? 'there is no python3 on PATH' : null;
describeWith(needsPython, 'the Python environment of a program', () => {
  const needing = (packages: string) => {
    const requirements = { path: 'requirements.txt', bytes: new TextEncoder().encode(packages), executable: false };
    const job = scripted(leave, { requirements: requirements.path });
    return train({ ...job, program: { ...job.program!, files: [...job.program!.files, requirements] } });
  };

  test('is refused for packages without one version', async () => {
    await expect(needing('numpy>=2\npandas==3.1.1')).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringMatching(/requirements.txt names numpy>=2 without one version: write name==version/),
    });
  });

  test('may be made by another try where the registry cannot be reached', async () => {
    const before = { ...process.env };
    const nowhere = 'http://127.0.0.1:9/simple';
    Object.assign(process.env, { PIP_INDEX_URL: nowhere, UV_INDEX_URL: nowhere, PIP_FIND_LINKS: '', PIP_RETRIES: '1' });
    try {
      const failure = needing('six==1.16.0');
      await expect(failure).rejects.toThrow(/the Python environment of the trainer could not be made/);
      await expect(failure).rejects.not.toHaveProperty('type');
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });
});
