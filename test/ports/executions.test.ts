import { Client, Connection } from '@temporalio/client';
import { createTemporalExecutions } from '../../ports/executions/temporal.ts';
import { executionsSuite, type End } from '../contracts/executions.suite.ts';
import { patience } from '../support/patience.ts';
import { startTestTemporal } from '../support/temporal.ts';

const workflowType = { name: 'nothing' };
const queueOf = (workflowId: string): string => `queue of ${workflowId}`;

/** What a worker answers to a workflow task, by the numbers of `temporal.api.enums.v1.CommandType`. */
const commands = {
  completed: { commandType: 4, completeWorkflowExecutionCommandAttributes: {} },
  failed: { commandType: 5, failWorkflowExecutionCommandAttributes: { failure: { message: 'failed by a test' } } },
  cancelled: { commandType: 7, cancelWorkflowExecutionCommandAttributes: {} },
};

executionsSuite('Temporal', async () => {
  const temporal = await startTestTemporal();
  const { client } = temporal;
  const { namespace } = temporal.config;
  // Without retries it says at once that it cannot reach its server.
  const connection = Connection.lazy({ address: '127.0.0.1:9', interceptors: [] });

  /** Answers the next workflow task, as a worker does. */
  async function answer(workflowId: string, command: object): Promise<void> {
    const taskQueue = { name: queueOf(workflowId) };
    const { taskToken } = await client.withDeadline(Date.now() + patience(20_000), () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue }),
    );
    await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [command] });
  }

  return {
    executions: createTemporalExecutions(() => client),
    away: createTemporalExecutions(() => new Client({ connection, namespace })),
    async start(workflowId) {
      const { firstExecutionRunId } = await client.workflow.start(workflowType.name, {
        workflowId,
        taskQueue: queueOf(workflowId),
      });
      return firstExecutionRunId;
    },
    async continueAsNew(workflowId) {
      const taskQueue = { name: queueOf(workflowId) };
      const attributes = { workflowType, taskQueue };
      await answer(workflowId, { commandType: 10, continueAsNewWorkflowExecutionCommandAttributes: attributes });
      return (await client.workflow.getHandle(workflowId).describe()).runId;
    },
    async end(workflowId: string, how: End) {
      const handle = client.workflow.getHandle(workflowId);
      if (how === 'terminated') return void (await handle.terminate());
      if (how === 'cancelled') await handle.cancel();
      await answer(workflowId, commands[how]);
    },
    async close() {
      await connection.close();
      await temporal.stop();
    },
  };
});
