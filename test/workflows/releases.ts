import type { WorkflowHandle } from '@temporalio/client';
import { resultOfRelease, type ReleaseProgress, type ReleaseRequest } from '../../contracts/release/release.ts';
import { inWords, until, type Harness } from './harness.ts';

/** Releases of version 2 on a harness, which is there once the tests have begun. */
export const releasesOn = (harness: () => Harness) => {
  const progress = (release: WorkflowHandle): Promise<ReleaseProgress> => release.query<ReleaseProgress>('progress');
  return {
    start: (
      model: string,
      request: Partial<ReleaseRequest> = {},
      workflowId = `release/${model}`,
    ): Promise<WorkflowHandle> =>
      harness().client.workflow.start('release', {
        args: [{ model, version: 2, ...request }],
        taskQueue: 'pawl-release',
        workflowId,
      }),
    progress,
    untilSeen: (release: WorkflowHandle, satisfies: (answer: ReleaseProgress) => boolean): Promise<ReleaseProgress> =>
      until(() => progress(release), satisfies),
    result: resultOfRelease,
    /** States of the traffic since the release took the record. */
    traffic: async (model: string): Promise<string[]> =>
      (await harness().ports.registry.deploymentHistory(model)).slice(2).map(inWords),
  };
};
