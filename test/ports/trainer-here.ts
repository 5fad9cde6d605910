import { encodeJob } from '../../ports/trainer/encode-job.ts';
import type { Trainer } from '../../ports/trainer/port.ts';
import { trainNetwork } from '../../ports/trainer/session.ts';

/** Trains on the CPU in this process, and blocks it. */
export const createTrainerHere = (): Trainer => ({
  provider: async () => 'cpu',
  async train(job, hooks) {
    return trainNetwork(await encodeJob(job, hooks.signal), 'cpu', async (report, checkpoint) => {
      await hooks.onEpoch(report, checkpoint);
      hooks.signal.throwIfAborted();
    });
  },
});
