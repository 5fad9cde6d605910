import { fileURLToPath } from 'node:url';
/** The process that trains: `session.run` blocks, and a worker that blocks loses its heartbeats. */
import { once } from 'node:events';
import { endWithParent } from '../end-with-parent.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ParentMessage, ProcessJob, ProcessMessage } from './messages.ts';
import { chooseProvider, probeProvider } from './provider.ts';
import { trainLinear } from './linear/session.ts';
import { trainNetwork } from './network/session.ts';
import type { OnEpoch, TrainingOutcome } from './port.ts';
import { trainInThreads } from './trees/threads.ts';

function send(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
}

async function trainBy(job: ProcessJob, onEpoch: OnEpoch): Promise<TrainingOutcome> {
  if ('binning' in job) return trainInThreads(job, onEpoch);
  if ('curves' in job) return trainLinear(job, onEpoch);
  return trainNetwork(job, await chooseProvider(fileURLToPath(import.meta.url), process.execArgv), onEpoch);
}

async function train(job: ProcessJob): Promise<void> {
  try {
    const result = await trainBy(job, async (report, checkpoint) => {
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
  if (message.kind === 'train') void train(message.job);
});
