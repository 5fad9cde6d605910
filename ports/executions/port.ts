/** Asks the orchestrator about other executions. */
export interface Executions {
  /** Whether the workflow run is still open; false where there is none. */
  isRunning(workflowId: string, runId: string): Promise<boolean>;
}
