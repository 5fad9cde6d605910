import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Config } from '../../../config/schema.ts';
import { modulePath } from '../../../config/source-tree.ts';
import { PawlError, type PawlErrorType } from '../../../contracts/errors.ts';
import type { SealedLog, SegmentSealer } from '../port.ts';
import type { SealReply, SealRequest } from './sealer-messages.ts';

/** The process that seals ended in the middle, twice; another try starts another, and writes the same rows. */
class SealingProcessError extends Error {
  override readonly name = 'SealingProcessError';

  constructor(framed: string, exitCode: number | null, exitSignal: string | null) {
    const how = exitSignal ? `was killed by ${exitSignal}` : `ended with code ${exitCode}`;
    super(`the process that turns ${framed} into Parquet ${how}, and so did the one before: try again`);
  }
}

/** The rows of the segment need more memory than sealing has: another try seldom helps. */
export class SegmentMemoryError extends Error {
  override readonly name = 'SegmentMemoryError';
}

const outOfMemory = 'Out of Memory Error';

const script = modulePath('ports/prediction-log/sealing/sealer-process');

/**
 * Seals in a process of its own, one segment at a time. It starts with the first segment, stays, dies with this one, and keeps
 * nobody from ending. When it dies, another does the work again; throws `SealingProcessError` when that dies as well.
 */
export function createSegmentSealer({ execArgs }: Pick<Config, 'execArgs'>): SegmentSealer {
  let child: ChildProcess | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const start = (): ChildProcess => {
    // Our standard output may be a machine's to read.
    const started = fork(script, [], { execArgv: [...execArgs], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const end = (): void => {
      if (child === started) child = null;
    };
    started.once('exit', end);
    // It could not be started, or not be reached: whoever waits for it is told as well.
    started.on('error', end);
    return started;
  };

  const seal = (request: SealRequest): Promise<SealedLog> => {
    if (closed) throw new Error(`${request.framed} is not sealed any more: the sealer is closed`);
    child ??= start();
    return converse(child, request);
  };

  return {
    seal(framed, parquet) {
      const sealed = last.then(async () => {
        try {
          return await seal({ framed, parquet });
        } catch (error) {
          if (!(error instanceof SealingProcessError) || closed) throw error;
          return seal({ framed, parquet });
        }
      });
      last = sealed.catch(() => {});
      return sealed;
    },
    async close() {
      closed = true;
      if (child === null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function converse(child: ChildProcess, request: SealRequest): Promise<SealedLog> {
  const { framed } = request;
  const heard = new AbortController();
  child.ref();
  child.channel?.ref();
  return new Promise<SealedLog>((resolve, reject) => {
    const listen = (event: string, listener: (...args: never[]) => void): void => {
      const heardOnce = listener as (...args: unknown[]) => void;
      child.once(event, heardOnce);
      heard.signal.addEventListener('abort', () => child.off(event, heardOnce));
    };
    listen('error', reject);
    listen('exit', (code: number | null, signal: string | null) =>
      reject(new SealingProcessError(framed, code, signal)),
    );
    listen('message', (reply: SealReply) => {
      if (reply.kind === 'sealed') resolve(reply.sealed);
      else if (reply.type === null && reply.message.startsWith(outOfMemory))
        reject(new SegmentMemoryError(`${framed} needs more memory than sealing has: ${reply.message.split('\n')[0]}`));
      else if (reply.type === null) reject(new Error(`${framed} was not sealed: ${reply.message}`));
      else reject(new PawlError(reply.type as PawlErrorType, reply.message, { path: framed }));
    });
    child.send(request, (error) => error && reject(error));
  }).finally(() => {
    heard.abort();
    // A process that waits for work does not keep ours from ending.
    child.unref();
    child.channel?.unref();
  });
}
