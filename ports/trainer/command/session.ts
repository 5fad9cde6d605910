import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { packageRoot } from '../../../config/source-tree.ts';
import { PawlError } from '../../../contracts/errors.ts';
import type { SettingsOf } from '../../../contracts/model/trainer.ts';
import { errorTypes } from '../../../contracts/names.ts';
import {
  programFiles,
  programJobSchema,
  programLineSchema,
  type ProgramJob,
  type ProgramLine,
} from '../../../contracts/run/program-job.ts';
import { greatestDifference } from '../../../ml/training/agreement.ts';
import { openDuckDb, type DuckDb } from '../../duckdb.ts';
import type { InferenceEngine } from '../../inference/port.ts';
import { checkLabels } from '../check-labels.ts';
import { environment } from '../environment.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { EpochReport, ProgramSources, TrainingHooks, TrainingJob, TrainingOutcome } from '../port.ts';
import { decodeProgramState, encodeProgramState } from './checkpoint.ts';
import { pythonEnvironment } from './python-environment.ts';
import { failed, readCheckpoint, readOwn, readResult } from './read-files.ts';
import { predictionColumns, readPredictions } from './read-predictions.ts';
import { runProgram, type ProgramEnd } from './run-program.ts';
import { writeRows, type OtherColumns } from './write-rows.ts';

export interface CommandTools {
  readonly inference: Pick<InferenceEngine, 'load'>;
  /** Folder for jobs while they run. */
  readonly tempDir: string;
  /** Folder of the Python environments. */
  readonly environments: string;
}

export type CommandJob = TrainingJob<SettingsOf<'command'>>;

/** A program that ended by a signal, or asked for another try: one may end otherwise. */
class ProgramInterruptedError extends Error {
  override readonly name = 'ProgramInterruptedError';
}

/** What a program exits with that cannot go on for now (`EX_TEMPFAIL` of sysexits.h). */
const tryAgain = 75;

/**
 * Trains by a program of its own: writes its job into a folder, runs it, and takes the model that it leaves. The model must answer what the program
 * itself predicted. Throws `TrainerFailedError` for a program that fails or leaves other than it must, `InvalidModelError` for its model, and what
 * trainers throw.
 */
export async function trainByProgram(
  job: CommandJob,
  { inference, tempDir, environments }: CommandTools,
  hooks: TrainingHooks,
): Promise<TrainingOutcome> {
  hooks.signal.throwIfAborted();
  checkLabels(job);
  const { program, settings } = job;
  if (program === undefined) throw new TypeError('a program has files');
  const fingerprint = fingerprintOfProgram(job, program);
  const before = job.resume === null ? null : decodeProgramState(fingerprint, job.resume);
  await mkdir(tempDir, { recursive: true });
  const folder = await mkdtemp(join(tempDir, 'trainer-'));
  const database = await openDuckDb({ tempDir: join(folder, 'spill'), threads: 1 });
  try {
    const [files, code] = [join(folder, 'job'), join(folder, 'program')];
    await writeProgram(code, program, hooks.signal);
    const python = await environmentOf(settings, program, environments, hooks.signal);
    const asked = await writeJob(files, job, program, before?.file ?? null, database, hooks.signal);
    const curve: EpochReport[] = [...(before?.curve ?? [])];
    const notes: string[] = [];
    const end = await runProgram({
      command: settings.run,
      folder: code,
      env: environmentFor(files, python?.bin ?? null),
      memoryBytes: settings.memoryMb * 2 ** 20,
      timeMs: settings.minutes * 60_000,
      signal: hooks.signal,
      async onLine(text) {
        const line = progressOf(text);
        if (line === null) return;
        const { step, trainLoss, validationLoss, checkpoint } = line;
        const report = {
          epoch: step,
          trainLoss: trainLoss ?? Number.NaN,
          validationLoss: validationLoss ?? Number.NaN,
        };
        // A program that goes on from a checkpoint may do steps again.
        while ((curve.at(-1)?.epoch ?? 0) >= step) curve.pop();
        if (trainLoss !== undefined && validationLoss !== undefined) curve.push(report);
        const file = checkpoint === undefined ? null : await readCheckpoint(files, checkpoint, notes);
        await hooks.onEpoch(report, file === null ? null : encodeProgramState(fingerprint, { curve, file }));
      },
    });
    await refuseEnd(end, join(files, programFiles.result), settings.minutes);
    const result = await readResult(files);
    const raw = await readOwn(files, programFiles.model, 'it left no model');
    const model = await program.adapt(raw);
    hooks.signal.throwIfAborted();
    const difference = await differenceOf(
      model,
      job,
      await readPredictions(database, files, asked, job.validation.rowCount),
      inference,
    );
    if (!(difference <= settings.tolerance))
      throw failed(
        `the model that it exported predicts other than itself: by up to ${difference.toPrecision(3)} on the validation rows, and ${settings.tolerance} is allowed (trainer.tolerance). Correct the export, or what it writes into predictions`,
        end.log,
      );
    return {
      model,
      settings,
      curve,
      bestEpoch: result.bestStep ?? bestOf(curve),
      provider: result.provider ?? 'cpu',
      parameters: result.parameters ?? 0,
      environment: { ...environment(), ...python?.versions, ...result.environment },
      program: {
        difference,
        tolerance: settings.tolerance,
        stopped: end.kind === 'ended' && end.stopped,
        log: [...end.log, ...notes],
      },
    };
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last error that a log names with its reason: what follows a traceback may hide it. */
const errorIn = (log: readonly string[]): string | undefined =>
  log.findLast((line) => /^(\[rank\d+\]:\s*)?[\w.]*(Error|Exception): \S/.test(line))?.replace(/^\[rank\d+\]:\s*/, '');

/** Throws where a program ended without a result. `result`: file that a program which was stopped leaves last. */
async function refuseEnd(end: ProgramEnd, result: string, minutes: number): Promise<void> {
  if (end.kind === 'over')
    throw failed(`${end.limit}: raise the limit in the definition's trainer, or take fewer rows`, end.log);
  if (end.kind === 'killed' || end.code === tryAgain)
    throw new ProgramInterruptedError(
      `the trainer's program ${end.kind === 'killed' ? `was killed by ${end.by}` : `asked for another try (code ${tryAgain})`}: a retry goes on from the last checkpoint`,
    );
  if (end.stopped) {
    // Launchers, such as torchrun, end with an error though their program left all that it must.
    if ((await stat(result).catch(() => null)) !== null) return;
    throw failed(
      `its time (${minutes} minutes) was over, and it left no model when it was told to stop (SIGTERM): raise trainer.minutes, or leave what there is. Its last lines:`,
      end.log,
    );
  }
  if (end.code === 0) return;
  const error = errorIn(end.log);
  throw failed(`it ended with code ${end.code}${error === undefined ? '' : `: ${error}`}\n  Its last lines:`, end.log);
}

async function writeProgram(folder: string, { files }: ProgramSources, signal: AbortSignal): Promise<void> {
  await mkdir(folder);
  for (const { path, bytes, executable } of files) {
    signal.throwIfAborted();
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes, { mode: executable ? 0o700 : 0o600 });
  }
}

async function environmentOf(
  { requirements }: SettingsOf<'command'>,
  { files }: ProgramSources,
  folder: string,
  signal: AbortSignal,
) {
  if (requirements === undefined) return null;
  const file = files.find(({ path }) => path === requirements);
  if (file === undefined)
    throw new PawlError(
      errorTypes.invalidConfig,
      `trainer.requirements: the program's folder has no file ${requirements}`,
    );
  return pythonEnvironment({ name: requirements, text: new TextDecoder().decode(file.bytes) }, folder, signal);
}

async function writeJob(
  folder: string,
  job: CommandJob,
  program: ProgramSources,
  checkpoint: Uint8Array | null,
  database: DuckDb,
  signal: AbortSignal,
): Promise<ProgramJob> {
  await mkdir(folder);
  const names = otherColumns(job);
  const asked = programJobSchema.parse({
    schema: 'pawl.trainer.job/1',
    task: job.labelSpace.task,
    ...names,
    features: job.features.map(({ name, column: { kind, allowed } }) => ({
      name,
      type: kind === 'numeric' ? 'number' : 'text',
      ...(kind === 'numeric' || allowed === undefined ? {} : { allowed: [...allowed] }),
    })),
    labels: job.labelSpace.kind === 'classes' ? job.labelSpace.classes.map(({ value }) => value) : [],
    quantiles: job.labelSpace.kind === 'numbers' ? [...(job.labelSpace.levels ?? [])] : [],
    predictions: predictionColumns(job.labelSpace),
    seed: job.seed,
    parameters: job.settings.parameters,
    resume: checkpoint !== null,
    champion: program.champion !== null,
  } satisfies ProgramJob);
  await writeFile(join(folder, programFiles.job), `${JSON.stringify(asked, null, 2)}\n`);
  if (checkpoint !== null) await writeFile(join(folder, programFiles.checkpoint), checkpoint);
  if (program.champion !== null) await writeFile(join(folder, programFiles.champion), program.champion);
  const { train, validation } = job;
  const trained = { labels: job.trainLabels, weights: job.trainWeights, queries: job.trainQueries };
  const validated = { labels: job.validationLabels, weights: job.validationWeights, queries: job.validationQueries };
  for (const [file, rows] of [
    [programFiles.train, { frame: train, ...trained }],
    [programFiles.validation, { frame: validation, ...validated }],
  ] as const)
    await writeRows(database, join(folder, file), rows, job, names, signal);
  return asked;
}

/** Named so that they hide no feature, in any case of letters. */
function otherColumns({
  features,
  labelSpace,
  trainWeights,
  validationWeights,
  trainQueries,
}: CommandJob): OtherColumns {
  const taken = new Set([labelSpace.target, ...features.map(({ name }) => name)].map((name) => name.toLowerCase()));
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  return {
    target: labelSpace.target,
    weight: trainWeights === null && validationWeights === null ? null : free('weight'),
    query: trainQueries === null ? null : free('query'),
  };
}

/** No secret of the worker's: what a program needs to run, to reach its packages, and to see a GPU. */
const handedOn =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|(HTTPS?|NO|ALL)_PROXY|(PIP|UV|CUDA|NVIDIA|NCCL|OMP|MKL|OPENBLAS)_.*|LD_LIBRARY_PATH)$/i;

function environmentFor(files: string, bin: string | null): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => handedOn.test(name)));
  return {
    ...kept,
    PATH: [...(bin === null ? [] : [bin]), kept['PATH'] ?? ''].join(delimiter),
    PYTHONPATH: join(packageRoot, 'trainers', 'python'),
    // So that a line is here when it is printed.
    PYTHONUNBUFFERED: '1',
    PAWL_JOB: files,
  };
}

/** Null for a line of the log. Throws `TrainerFailedError` for one that means to be progress and is not. */
function progressOf(text: string): ProgramLine | null {
  if (!text.startsWith('{')) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // NaN, for one, is not JSON: its checkpoint would never be stored.
    if (/^\{\s*"step"/.test(text))
      throw failed(
        `it printed a line of progress that is not JSON (${(error as Error).message}): ${text.slice(0, 200)}`,
      );
    return null;
  }
  if (typeof value !== 'object' || value === null || !('step' in value)) return null;
  const line = programLineSchema.safeParse(value);
  if (line.success) return line.data;
  const [issue] = line.error.issues;
  throw failed(
    `it printed a line of progress that cannot be read (${issue?.path.join('.')}: ${issue?.message}): ${text.slice(0, 200)}`,
  );
}

async function differenceOf(
  model: Uint8Array,
  { validation, labelSpace }: CommandJob,
  columns: readonly Float64Array[],
  inference: Pick<InferenceEngine, 'load'>,
): Promise<number> {
  const loaded = await inference.load(model);
  try {
    return greatestDifference(await loaded.predict(validation, labelSpace), columns, labelSpace);
  } finally {
    await loaded.release();
  }
}

/** The step with the least validation loss; 0 where none is known. */
const bestOf = (curve: readonly EpochReport[]): number =>
  curve.reduce((best, one) => (one.validationLoss < best.validationLoss ? one : best), {
    epoch: 0,
    trainLoss: Infinity,
    validationLoss: Infinity,
  }).epoch;

/** Of all that the program is given, but the features of the rows. */
function fingerprintOfProgram(job: CommandJob, { files }: ProgramSources): string {
  const hash = createHash('sha256');
  for (const { path, bytes } of files) hash.update(`${path}\n${bytes.length}\n`).update(bytes);
  const names = job.features.map(({ name }) => name);
  return fingerprintOf(job, [job.settings, hash.digest('hex'), names]);
}
