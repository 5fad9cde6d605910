import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageRoot } from '../../config/source-tree.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import { createTrainer } from '../../ports/trainer/auto.ts';
import { createSingleTrainer } from '../../ports/trainer/by-kind.ts';
import { encodeJob } from '../../ports/trainer/encode-job.ts';
import { trainGraph } from '../../ports/trainer/graph/session.ts';
import { trainLinear } from '../../ports/trainer/linear/session.ts';
import { trainNetwork } from '../../ports/trainer/network/session.ts';
import type { OnEpoch, OwnTrainer, Trainer } from '../../ports/trainer/port.ts';
import { trainTrees } from '../../ports/trainer/trees/session.ts';

/** Kept between tests: to make one takes a minute. */
const environments = resolve(packageRoot, process.env.PAWL_CACHE ?? join('.pawl', 'cache'), 'environments');

const createTrainerHere = (): OwnTrainer => ({
  provider: async () => 'cpu',
  async train(job, hooks) {
    const encoded = await encodeJob(job, hooks.signal);
    const onEpoch: OnEpoch = async (report, checkpoint) => {
      await hooks.onEpoch(report, checkpoint);
      hooks.signal.throwIfAborted();
    };
    if ('binning' in encoded) return trainTrees(encoded, onEpoch);
    if ('curves' in encoded) return trainLinear(encoded, onEpoch);
    return 'graph' in encoded ? trainGraph(encoded, 'cpu', onEpoch) : trainNetwork(encoded, 'cpu', onEpoch);
  },
});

/** Trains on the CPU in this process, and blocks it. */
export const trainersHere = (inference: Pick<InferenceEngine, 'load'>, now = Date.now): Trainer =>
  createTrainer(
    createSingleTrainer(createTrainerHere(), { inference, tempDir: tmpdir(), environments }),
    inference,
    now,
  );
