import type { OwnSettings } from '../../contracts/model/trainer.ts';
import { checkLabels } from './check-labels.ts';
import type { ProcessJob } from './messages.ts';
import { encodeForGraph } from './graph/encode-job.ts';
import { encodeForLinear } from './linear/encode-job.ts';
import { encodeForNetwork } from './network/encode-job.ts';
import type { TrainingJob } from './port.ts';
import { encodeForTrees } from './trees/encode-job.ts';

/**
 * The job as the training process takes it. Throws `InvalidDataError` for rows that cannot be trained on, and the signal's reason between
 * two columns.
 */
export async function encodeJob(job: TrainingJob<OwnSettings>, signal: AbortSignal): Promise<ProcessJob> {
  checkLabels(job);
  signal.throwIfAborted();
  const { settings } = job;
  // What a trainer of ours has no use for is not sent to its process.
  const own = { ...job, program: undefined };
  switch (settings.kind) {
    case 'linear':
      return encodeForLinear(own, settings, signal);
    case 'network':
      return encodeForNetwork(own, settings, signal);
    case 'gbdt':
      return encodeForTrees(own, settings, signal);
    case 'graph':
      return encodeForGraph(job, settings, signal);
  }
}
