import { fork } from 'node:child_process';
import { once } from 'node:events';
import { isCompiled, modulePath } from '../../config/source-tree.ts';
import type { Signature, Tensor } from '../../contracts/data/tensor.ts';
import { residentBytes } from '../resident-bytes.ts';
import type { ModelLimits } from './port.ts';
import { invalidModel, type Session } from './session.ts';

/** What the process is asked. */
export type ProcessQuestion =
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'release' };

/** What the process says. */
export type ProcessAnswer =
  | { readonly kind: 'opened'; readonly signature: Signature }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'ran'; readonly outputs: Record<string, Tensor> }
  | { readonly kind: 'failed'; readonly message: string }
  /** Its answers are too large, whoever asks: it is not asked any more. */
  | { readonly kind: 'over'; readonly message: string };

const script = modulePath('ports/inference/onnx-process');
const memoryEveryMs = 50;
const releaseMs = 5_000;
/** Deaths in a row, of no limit, after which no other process is started. */
const mostDeaths = 3;

/**
 * A session in a process of its own that is ended where the model takes longer or more memory than it may: ONNX Runtime cannot be
 * stopped within a process. Questions are asked one after the other; an answer beyond the limits
 * fails its question alone, and three in a row to single rows the model. A model that went beyond a limit fails from then on, with an
 * `InvalidModelError` that says which; a process that dies otherwise fails its question, and the next one starts another, up to three in a row.
 * Memory is measured on Linux alone. Throws `InvalidModelError`.
 */
export async function openSessionInProcess(path: string, limits: ModelLimits, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted();
  let child = await openChild(path, limits, signal);
  const { signature } = child;
  let last: Promise<unknown> = Promise.resolve();
  let failed: Error | null = null;
  let deaths = 0;
  let released = false;
  const run = async (feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> => {
    if (failed !== null) throw failed;
    if (released) throw new Error('the process of the model ended');
    try {
      signal?.throwIfAborted();
      if (child.isGone()) child = await openChild(path, limits, signal);
      const outputs = await child.run(feeds).catch(async (error: unknown) => {
        // It was dead before it was asked, and nobody had heard of it yet.
        if (!(error instanceof UnsentError)) throw error;
        child = await openChild(path, limits, signal);
        return child.run(feeds);
      });
      deaths = 0;
      return outputs;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof LimitError) failed = invalidModel(error.message, error);
      else if (child.isGone() && ++deaths >= mostDeaths)
        failed = invalidModel(
          `the process of the model died ${deaths} times, the last time: ${(error as Error).message}`,
          error,
        );
      throw failed ?? error;
    }
  };
  return {
    signature,
    run(feeds) {
      const answered = last.then(() => run(feeds));
      last = answered.catch(() => undefined);
      return answered;
    },
    async release() {
      await last;
      released = true;
      await child.release();
    },
  };
}

class UnsentError extends Error {
  override readonly name = 'UnsentError';
}

class LimitError extends Error {
  override readonly name = 'LimitError';
}

interface ModelProcess extends Session {
  readonly isGone: () => boolean;
}

async function openChild(
  path: string,
  { loadMs, passMs, memoryBytes, answer: { bytes, texts } }: ModelLimits,
  signal: AbortSignal | undefined,
): Promise<ModelProcess> {
  const child = fork(script, [path, String(bytes), String(texts)], {
    execArgv: isCompiled ? [] : ['--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
    // Our standard output may be a machine's to read.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // It keeps nobody from ending.
  child.unref();
  child.channel?.unref();
  let gone: Error | null = null;
  let over: LimitError | null = null;
  let settle: { resolve: (answer: ProcessAnswer) => void; reject: (error: Error) => void } | null = null;
  const end = (error: Error): void => {
    gone ??= over ?? error;
    settle?.reject(gone);
    settle = null;
  };
  child.on('message', (answer: ProcessAnswer) => {
    settle?.resolve(answer);
    settle = null;
  });
  child.once('error', end);
  const abort = (): void => {
    end(signal?.reason as Error);
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', abort);
  child.once('exit', (code, killedBy) => {
    signal?.removeEventListener('abort', abort);
    end(
      new Error(
        `the process of the model ${killedBy === null ? `ended with code ${code}` : `was killed by ${killedBy}`}`,
      ),
    );
  });
  const stop = (why: string): void => {
    over ??= new LimitError(why);
    child.kill('SIGKILL');
  };

  /** The answer to what was just asked, within the limits. */
  async function heard(ms: number, what: string, ask: () => void): Promise<ProcessAnswer> {
    if (gone !== null) throw gone;
    child.ref();
    child.channel?.ref();
    const timer = setTimeout(() => stop(`the model took longer than ${ms} ms to ${what}: it was ended`), ms);
    const meter = setInterval(() => {
      const bytes = child.pid === undefined ? 0 : residentBytes(child.pid);
      if (bytes > memoryBytes)
        stop(`the model took ${bytes} bytes of memory to ${what}, and ${memoryBytes} are allowed: it was ended`);
    }, memoryEveryMs);
    try {
      return await new Promise<ProcessAnswer>((resolve, reject) => {
        settle = { resolve, reject };
        ask();
      });
    } finally {
      clearTimeout(timer);
      clearInterval(meter);
      child.unref();
      child.channel?.unref();
    }
  }

  const say = (question: ProcessQuestion): void => {
    child.send(question, (error) => {
      if (error !== null) end(new UnsentError(error.message, { cause: error }));
    });
  };
  const opened = await heard(loadMs, 'load', () => undefined).catch((error: unknown) => {
    throw error instanceof LimitError ? invalidModel(error.message, error) : error;
  });
  if (opened.kind !== 'opened') {
    child.kill('SIGKILL');
    throw invalidModel(opened.kind === 'unusable' ? opened.message : 'the process of the model said nothing of it');
  }
  return {
    signature: opened.signature,
    isGone: () => gone !== null,
    async run(feeds) {
      const answer = await heard(passMs, 'answer', () => say({ kind: 'run', feeds }));
      if (answer.kind === 'ran') return answer.outputs;
      if (answer.kind === 'over') {
        stop(answer.message);
        throw new LimitError(answer.message);
      }
      throw new Error(answer.kind === 'failed' ? answer.message : 'the process of the model gave no answer');
    },
    async release() {
      if (gone !== null) return;
      const exited = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), releaseMs);
      child.ref();
      say({ kind: 'release' });
      await exited;
      clearTimeout(timer);
    },
  };
}
