import { fork, type ChildProcess } from 'node:child_process';
import { modulePath } from '../../config/source-tree.ts';
import { PawlError, type PawlErrorType } from '../../contracts/errors.ts';
import { encodeJob } from './encode-job.ts';
import type { ParentMessage, ProcessMessage } from './messages.ts';
import type { WantedProvider } from '../../contracts/names.ts';
import { chooseProvider, probeIn } from './provider.ts';
import type { OwnTrainer, TrainingHooks, TrainingOutcome } from './port.ts';

export interface ProcessTrainerOptions {
  /** Node arguments with which a child process understands our source files; none for compiled code. */
  readonly execArgs: readonly string[];
  /** What networks are trained on. @default auto */
  readonly provider?: WantedProvider;
}

/** A training process that ended without a result; a retry may go on from the last checkpoint. */
export class TrainingProcessError extends Error {
  override readonly name = 'TrainingProcessError';
  readonly exitCode: number | null;
  readonly exitSignal: string | null;

  constructor(exitCode: number | null, exitSignal: string | null) {
    const how = exitSignal ? `was killed by ${exitSignal}` : `ended with code ${exitCode}`;
    super(`the training process ${how} before it had a result: a retry goes on from the last checkpoint`);
    this.exitCode = exitCode;
    this.exitSignal = exitSignal;
  }
}

const script = modulePath('ports/trainer/trainer-process');

/**
 * Trains in a process of its own that dies with this one. Throws
 * `TrainingProcessError` (retryable) when that process dies.
 */
export function createProcessTrainer({ execArgs, provider: wanted = 'auto' }: ProcessTrainerOptions): OwnTrainer {
  let chosen: Promise<string> | null = null;
  const provider = (): Promise<string> => (chosen ??= chooseProvider(wanted, probeIn(script, execArgs)));
  return {
    provider,
    async train(job, hooks) {
      const processJob = await encodeJob(job, hooks.signal);
      const on = await provider();
      hooks.signal.throwIfAborted();
      const child = fork(script, [], {
        execArgv: [...execArgs],
        serialization: 'advanced',
        // Our standard output may be a machine's to read.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      try {
        return await converse(child, { kind: 'train', job: processJob, provider: on }, hooks);
      } finally {
        child.kill('SIGKILL');
      }
    },
  };
}

function converse(child: ChildProcess, first: ParentMessage, hooks: TrainingHooks): Promise<TrainingOutcome> {
  const heard = new AbortController();
  const outcome = new Promise<TrainingOutcome>((resolve, reject) => {
    const abort = (): void => reject(hooks.signal.reason as Error);
    hooks.signal.addEventListener('abort', abort, { signal: heard.signal });
    const say = (message: ParentMessage): void => {
      child.send(message, (error) => error && reject(error));
    };
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new TrainingProcessError(code, signal)));
    child.on('message', (message: ProcessMessage) => {
      switch (message.kind) {
        case 'epoch':
          hooks.onEpoch(message.report, message.checkpoint).then(() => say({ kind: 'goOn' }), reject);
          break;
        case 'done':
          resolve(message.result);
          break;
        case 'failed':
          reject(
            message.type === null
              ? new Error(`the training failed: ${message.message}`)
              : new PawlError(message.type as PawlErrorType, message.message),
          );
          break;
      }
    });
    say(first);
  });
  return outcome.finally(() => heard.abort());
}
