import type { Signature, Tensor } from '../../contracts/tensor.ts';
import { startThread } from '../start-thread.ts';
import { invalidModel, type Session } from './session.ts';

/** What the thread is asked. */
export type ThreadQuestion =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'release' };

/** What the thread says. */
export type ThreadAnswer =
  | { readonly kind: 'opened'; readonly signature: Signature }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: Record<string, Tensor> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** What the thread may keep: the caller still needs its own, and a view must not take the whole body that it lies in along. */
function copyOf(feeds: Readonly<Record<string, Tensor>>): { copies: Record<string, Tensor>; memory: ArrayBuffer[] } {
  const copies: Record<string, Tensor> = {};
  const memory: ArrayBuffer[] = [];
  for (const name in feeds) {
    const tensor = feeds[name];
    if (tensor === undefined) continue;
    const data = tensor.data.slice();
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) memory.push(data.buffer);
    copies[name] = { type: tensor.type, shape: tensor.shape, data };
  }
  return { copies, memory };
}

interface Waiting {
  readonly resolve: (outputs: Record<string, Tensor>) => void;
  readonly reject: (error: Error) => void;
}

interface ModelThread extends Session {
  readonly isGone: () => boolean;
}

/**
 * A session in a thread of its own: loading and running leave the caller's event loop free. A thread that dies fails what it was
 * asked; the next question starts another one. Throws `InvalidModelError`.
 */
export async function openSessionInThread(path: string): Promise<Session> {
  let thread = await openThread(path);
  let opening: Promise<ModelThread> | null = null;
  let released = false;
  const reopen = async (): Promise<ModelThread> => {
    try {
      return (thread = await openThread(path));
    } finally {
      opening = null;
    }
  };
  return {
    signature: thread.signature,
    async run(feeds) {
      if (thread.isGone() && !released) await (opening ??= reopen());
      return thread.run(feeds);
    },
    async release() {
      released = true;
      // A thread that cannot be started again is one less to end.
      await opening?.catch(() => undefined);
      await thread.release();
    },
  };
}

async function openThread(path: string): Promise<ModelThread> {
  const worker = startThread('ports/inference/thread-main', { workerData: path });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let gone: Error | null = null;
  const end = (error: Error): void => {
    gone ??= error;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const signature = await new Promise<Signature>((resolve, reject) => {
    worker.on('message', (answer: ThreadAnswer) => {
      switch (answer.kind) {
        case 'opened':
          return resolve(answer.signature);
        case 'unusable':
          return reject(invalidModel(answer.message));
        case 'ran':
          waiting.get(answer.id)?.resolve(answer.outputs);
          waiting.delete(answer.id);
          return;
        case 'failed':
          waiting.get(answer.id)?.reject(new Error(answer.message));
          waiting.delete(answer.id);
          return;
      }
    });
    const fail = (error: Error): void => {
      reject(error);
      end(error);
    };
    worker.once('error', fail);
    worker.once('exit', (code) => fail(new Error(`the thread of the model ended with code ${code}`)));
  });
  const say = (question: ThreadQuestion, transfer: ArrayBuffer[] = []): void => worker.postMessage(question, transfer);
  return {
    signature,
    isGone: () => gone !== null,
    run: (feeds) =>
      new Promise((resolve, reject) => {
        if (gone !== null) return reject(gone);
        const id = asked++;
        waiting.set(id, { resolve, reject });
        const { copies, memory } = copyOf(feeds);
        say({ kind: 'run', id, feeds: copies }, memory);
      }),
    async release() {
      if (gone === null) say({ kind: 'release' });
      await exited;
    },
  };
}
