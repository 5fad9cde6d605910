import { PawlError } from '../contracts/errors.ts';
import { isWrapper, messageChain } from '../contracts/message-chain.ts';

/** Bad usage, exit code 2: the arguments alone show that the command cannot mean them. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Exit code 1: what was looked up is not there or is not so, or what was asked for cannot be done. */
export class CommandFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandFailed';
  }
}

const startHint = 'start one with `npx pawl up` (or `npm start`), or name another in TEMPORAL_ADDRESS';

export const noOwnServer = (home: string): CommandFailed =>
  new CommandFailed(
    `no Temporal server runs for this project (none is noted in ${home}): ${startHint}. PAWL_PROJECT names another project`,
  );

export const noServer = (address: string): CommandFailed =>
  new CommandFailed(`no Temporal server answers at ${address}: ${startHint}`);

/** One message that names what was wrong and what to do; no stack. */
export async function explain(error: unknown): Promise<string> {
  // Temporal's client takes half a second to load: not for what cannot be its error.
  if (error instanceof UsageError || error instanceof CommandFailed || error instanceof PawlError) return error.message;
  const { isGrpcServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } = await import('@temporalio/client');
  if (error instanceof WorkflowNotFoundError)
    return `there is no open execution "${error.workflowId}": \`pawl status\` lists those that are under way`;
  if (error instanceof WorkflowUpdateFailedError) return messageChain(error, isWrapper);
  if (isGrpcServiceError(error)) {
    const { code, details } = error as Error & { code: number; details: string };
    return code === grpcUnavailable ? `the Temporal server does not answer (${details}): ${startHint}` : details;
  }
  return messageChain(error, isWrapper);
}

const grpcUnavailable = 14;
