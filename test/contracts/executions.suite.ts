import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Executions } from '../../ports/executions/port.ts';

/** How an execution may end. */
export const ends = ['completed', 'failed', 'cancelled', 'terminated'] as const;
export type End = (typeof ends)[number];

export interface ExecutionsUnderTest {
  readonly executions: Executions;
  /** The same, where the orchestrator cannot be reached. */
  readonly away: Executions;
  /** Starts an execution that runs until it is ended; its run id. */
  start(workflowId: string): Promise<string>;
  /** Continues an execution as a new run; the id of that. */
  continueAsNew(workflowId: string): Promise<string>;
  end(workflowId: string, how: End): Promise<void>;
  close(): Promise<void>;
}

/** What every orchestrator must say about its executions. */
export function executionsSuite(name: string, start: () => Promise<ExecutionsUnderTest>): void {
  describe(`executions: ${name}`, () => {
    let subject: ExecutionsUnderTest;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject?.close());

    const isRunning = (workflowId: string, runId: string): Promise<boolean> =>
      subject.executions.isRunning(workflowId, runId);

    test('run from their start on, however often one asks', async () => {
      const runId = await subject.start('open');
      expect(await isRunning('open', runId)).toBe(true);
      expect(await isRunning('open', runId)).toBe(true);
    });

    test.each(ends)('that are %s do not run', async (how) => {
      const runId = await subject.start(how);
      await subject.end(how, how);
      expect(await isRunning(how, runId)).toBe(false);
    });

    test('that nobody started do not run, nor do other runs of one that does', async () => {
      expect(await isRunning('nobody', randomUUID())).toBe(false);
      await subject.start('other');
      expect(await isRunning('other', randomUUID())).toBe(false);
    });

    test('that were started again under their id are told from those before', async () => {
      const first = await subject.start('again');
      await subject.end('again', 'terminated');
      const second = await subject.start('again');
      expect([await isRunning('again', first), await isRunning('again', second)]).toEqual([false, true]);
    });

    test('that continue as new run under the id of their first run, until the last run ends', async () => {
      const first = await subject.start('chain');
      const second = await subject.continueAsNew('chain');
      expect(second).not.toBe(first);
      expect(await isRunning('chain', first)).toBe(true);
      await subject.end('chain', 'completed');
      expect(await isRunning('chain', first)).toBe(false);
    });

    test('are not said to have ended where the orchestrator cannot be reached: that throws', async () => {
      const runId = await subject.start('unseen');
      await expect(subject.away.isRunning('unseen', runId)).rejects.toThrow();
    });
  });
}
