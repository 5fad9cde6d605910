import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { GraphJob, NetworkJob } from '../messages.ts';
import type { TrainingOutcome } from '../port.ts';

const fewestRows = 16;

/** What ONNX Runtime and its providers say where a device or the machine has no memory left. */
const isMemoryFull = (error: unknown): error is Error =>
  error instanceof Error &&
  /out of memory|failed to allocate|bad_alloc|OUT_OF_MEMORY|not enough memory/i.test(error.message);

/**
 * Trains, and where memory is full again from the start by half the rows a step, down to 16. The outcome's settings say by how many. Throws
 * `MemoryBudgetError` where 16 are too many.
 */
export async function withinMemory<J extends NetworkJob | GraphJob>(
  job: J,
  train: (job: J) => Promise<TrainingOutcome>,
): Promise<TrainingOutcome> {
  try {
    return await train(job);
  } catch (error) {
    if (!isMemoryFull(error)) throw error;
    const { batchSize } = job.settings;
    if (batchSize <= fewestRows)
      throw new PawlError(
        errorTypes.memoryBudget,
        `memory is full with ${batchSize} rows a step (${error.message.slice(0, 200)}): train fewer or narrower layers (trainer.hidden), or on a machine with more memory`,
      );
    const smaller = Math.max(fewestRows, Math.floor(batchSize / 2));
    return withinMemory({ ...job, settings: { ...job.settings, batchSize: smaller }, resume: null }, train);
  }
}
