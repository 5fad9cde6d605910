import { encodeJob } from '../../ports/trainer/encode-job.ts';
import { trainNetwork } from '../../ports/trainer/network/session.ts';
import type { OnEpoch, SingleTrainer } from '../../ports/trainer/port.ts';
import { trainTrees } from '../../ports/trainer/trees/session.ts';

/** Trains on the CPU in this process, and blocks it. */
export const createTrainerHere = (): SingleTrainer => ({
  provider: async () => 'cpu',
  async train(job, hooks) {
    const encoded = await encodeJob(job, hooks.signal);
    const onEpoch: OnEpoch = async (report, checkpoint) => {
      await hooks.onEpoch(report, checkpoint);
      hooks.signal.throwIfAborted();
    };
    return 'binning' in encoded ? trainTrees(encoded, onEpoch) : trainNetwork(encoded, 'cpu', onEpoch);
  },
});
