import { TestWorkflowEnvironment } from '@temporalio/testing';

/** `sdk-download.mjs <dev-server|time-skipping> <folder>`: the SDK downloads as a side effect of starting a server. */
const [kind, downloadDir] = process.argv.slice(2);
const server = { executable: { type: 'cached-download', downloadDir } };
const environment =
  kind === 'time-skipping'
    ? await TestWorkflowEnvironment.createTimeSkipping({ server })
    : await TestWorkflowEnvironment.createLocal({ server });
await environment.teardown();
