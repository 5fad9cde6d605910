import { parentPort, workerData } from 'node:worker_threads';
import { openSession, type Session } from './session.ts';
import type { ThreadAnswer, ThreadQuestion } from './thread.ts';

/** The thread of one model: opens the file that it was given, then answers one question after the other. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const say = (answer: ThreadAnswer, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(answer, transfer);

async function answer(session: Session, question: ThreadQuestion): Promise<void> {
  if (question.kind === 'release') {
    await session.release();
    // Nothing is left to wait for: the thread ends by itself. To end it from outside in the middle of a pass aborts the process.
    parentPort?.close();
    return;
  }
  try {
    const outputs = await session.run(question.feeds);
    const buffers = Object.values(outputs).flatMap(({ data }) =>
      ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [],
    );
    say({ kind: 'ran', id: question.id, outputs }, [...new Set(buffers)]);
  } catch (error) {
    say({ kind: 'failed', id: question.id, message: messageOf(error) });
  }
}

try {
  const session = await openSession(workerData as string);
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (question: ThreadQuestion) => {
    last = last.then(() => answer(session, question));
  });
  say({ kind: 'opened', signature: session.signature });
} catch (error) {
  say({ kind: 'unusable', message: messageOf(error) });
}
