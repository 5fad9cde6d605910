import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Binned } from '../../../ml/gbdt/binned.ts';
import { growMemory } from '../../../ml/gbdt/team.ts';
import { startThread } from '../../start-thread.ts';
import type { TreesJob } from '../messages.ts';
import type { OnEpoch, TrainingOutcome } from '../port.ts';
import { trainTrees } from './session.ts';
import type { ThreadMessage, ThreadWork } from './messages.ts';
import { turnMemory } from './turns.ts';

/** Values of the training rows that are worth a thread, and threads that are taken unasked, at most. */
const valuesOfThread = 2_000_000;
const mostThreads = 4;

/** Threads of a job: as many as it says, else as the machine and the number of its values allow. Each has columns of its own. */
function threadsOf({ settings, train, binning }: TreesJob): number {
  const worth = Math.ceil((train.rows * binning.length) / valuesOfThread);
  const wanted = settings.threads ?? Math.min(mostThreads, availableParallelism(), worth);
  return Math.max(1, Math.min(wanted, train.words.length));
}

/**
 * Trains with as many threads as `threadsOf` says; the bytes are those of one. The thread that leads is not this one, which stays
 * free to hear of a thread that ends: threads wait for each other in memory, where the dead are silent.
 */
export async function trainInThreads(
  job: TreesJob,
  onEpoch: OnEpoch,
  start: (name: string, options: { workerData: ThreadWork }) => Worker = startThread,
): Promise<TrainingOutcome> {
  const size = threadsOf(job);
  if (size === 1) return trainTrees(job, onEpoch);
  const shared = { ...job, train: shareBinned(job.train) };
  const memory = growMemory(shared.train, job.binning.length, size);
  const turns = turnMemory();
  const { settings, binning } = job;
  const works = Array.from({ length: size }, (_, member): ThreadWork => {
    const part = { memory, turns, size };
    return member === 0 ? { ...part, job: shared } : { ...part, member, settings, binning };
  });
  const threads = works.map((work) => start('ports/trainer/trees/thread', { workerData: work }));
  try {
    return await Promise.race([...threads.map(untilLost), conversation(threads[0]!, onEpoch)]);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

const untilLost = (thread: Worker, member: number): Promise<never> =>
  new Promise((_, reject) => {
    const what = `thread ${member + 1} of the training`;
    thread.once('error', (error: Error) => reject(new Error(`${what} failed: ${error.message}`, { cause: error })));
    thread.once('exit', (code) => reject(new Error(`${what} ended with code ${code} before there was a result`)));
  });

/** Hears of the leader's rounds, and of its result. */
const conversation = (leader: Worker, onEpoch: OnEpoch): Promise<TrainingOutcome> =>
  new Promise((resolve, reject) => {
    leader.on('message', (message: ThreadMessage) => {
      if (message.kind === 'done') resolve(message.result);
      else onEpoch(message.report, message.checkpoint).then(() => leader.postMessage('goOn', []), reject);
    });
  });

/** The same bins, in memory that threads can share. */
function shareBinned({ rows, words }: Binned): Binned {
  return {
    rows,
    words: words.map((word) => {
      const shared = new Uint32Array(new SharedArrayBuffer(word.byteLength));
      shared.set(word);
      return shared;
    }),
  };
}
