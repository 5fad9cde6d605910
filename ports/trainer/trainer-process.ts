/** The process that trains: `session.run` blocks, and a worker that blocks loses its heartbeats. */
import { once } from 'node:events';
import { endWithParent } from '../end-with-parent.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ParentMessage, ProcessJob, ProcessMessage } from './messages.ts';
import { probeProvider } from './provider.ts';
import { trainGraph } from './graph/session.ts';
import { withinMemory } from './network/fit-memory.ts';
import { trainLinear } from './linear/session.ts';
import { trainNetwork } from './network/session.ts';
import type { OnEpoch, TrainingOutcome } from './port.ts';
import { trainInThreads } from './trees/threads.ts';

function send(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
}

async function trainBy(job: ProcessJob, provider: string, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  if ('binning' in job) return trainInThreads(job, onEpoch);
  if ('curves' in job) return trainLinear(job, onEpoch);
  if ('graph' in job) return withinMemory(job, (smaller) => trainGraph(smaller, provider, onEpoch));
  return withinMemory(job, (smaller) => trainNetwork(smaller, provider, onEpoch));
}

async function train(job: ProcessJob, provider: string): Promise<void> {
  try {
    const result = await trainBy(job, provider, async (report, checkpoint) => {
      const answered = once(process, 'message');
      await send({ kind: 'epoch', report, checkpoint });
      await answered;
    });
    await send({ kind: 'done', result });
  } catch (error) {
    const type = error instanceof PawlError ? error.type : null;
    await send({ kind: 'failed', message: error instanceof Error ? error.message : String(error), type });
  }
}

endWithParent(0);
const probed = process.argv[2];
if (probed) {
  await probeProvider(probed);
  process.exit(0);
}
// Ctrl-C reaches the whole process group; when to end is the parent's to say.
process.on('SIGINT', () => {});
process.once('message', (message: ParentMessage) => {
  if (message.kind === 'train') void train(message.job, message.provider);
});
