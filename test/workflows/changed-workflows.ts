import { sleep } from '@temporalio/workflow';
import * as recorded from '../../workflows/index.ts';

/** Every workflow with one step more at its beginning: what a careless change looks like to a running execution. */
const late =
  <Args extends unknown[], Result>(workflow: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    await sleep(1);
    return workflow(...args);
  };

export const monitorModel = late(recorded.monitorModel);
export const release = late(recorded.release);
export const reproduce = late(recorded.reproduce);
export const retrainAndRelease = late(recorded.retrainAndRelease);
export const rollback = late(recorded.rollback);
