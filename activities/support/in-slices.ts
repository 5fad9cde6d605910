import { inSlices as sliced } from '../../contracts/in-slices.ts';
import { reportProgress } from './progress.ts';
import { currentSignal } from './stoppable-ports.ts';

/** A share is told in percent. */
const parts = 100;

/**
 * Runs a long computation of an activity in slices, so that heartbeats and other activities get their turn. Steps that yield the share
 * that is done are told as progress. Throws the reason of a cancelled activity.
 */
export const inSlices = <T>(steps: Generator<unknown, T, void>): Promise<T> =>
  sliced(steps, currentSignal(), (share) => {
    if (typeof share === 'number') reportProgress(Math.floor(parts * share), parts, '%');
  });
