import { ApplicationFailure, condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ApprovalRecord, Decision } from '../contracts/run/approval.ts';
import { errorTypes } from '../contracts/names.ts';
import { decisionKeys, objectionToKeys } from '../contracts/message-keys.ts';
import { objectionToBy, objectionToReason } from '../contracts/people.ts';
import { approveSignal, approveUpdate, rejectSignal, rejectUpdate } from './messages.ts';
import type { RunSession } from './run-session.ts';

export type Answer = Pick<ApprovalRecord, 'decision' | 'by' | 'reason' | 'via'>;

/** Awaits one decision of a person. Handlers exist from the start of the run, so that an early message gets a clear answer. */
export class ApprovalInbox {
  private awaited: string | null = null;
  private answer: Answer | null = null;
  private readonly session: RunSession;

  constructor(session: RunSession) {
    this.session = session;
    for (const [update, signal, decision] of [
      [approveUpdate, approveSignal, 'approved'],
      [rejectUpdate, rejectSignal, 'rejected'],
    ] as const) {
      setHandler(update, (given: Decision) => this.take(decision, given, 'update'), {
        validator: (given: Decision) => this.refuse(this.objection(given)),
        description: `{"by", "reason", "evidence"}: the run is ${decision}`,
      });
      setHandler(signal, (given: Decision) => {
        const objection = this.objection(given);
        if (objection === null) this.take(decision, given, 'signal');
        else
          session.ignore(
            `signal "${signal.name}"${objectionToBy(given?.by) === null ? ` by ${given.by}` : ''}: ${objection}`,
          );
      });
    }
  }

  /** Resolves with the decision, or as `expired` when nobody decided by the deadline. */
  async decide(evidence: string, deadlineMs: number): Promise<Answer> {
    this.awaited = evidence;
    const { workflowId } = workflowInfo();
    const held = this.session.held.map((verdict) => verdict.stage).join(', ');
    this.session.wait(
      `a person to approve or reject${held === '' ? '' : ` (held by: ${held})`}: pawl approve ${workflowId} --by <you> --reason <why>`,
      evidence,
    );
    try {
      await condition(() => this.answer !== null, deadlineMs, { summary: 'Deadline of the approval' });
    } finally {
      // A cancelled run must not take a decision any more, though it still writes its report.
      this.awaited = null;
      this.session.wait(null);
    }
    return (
      this.answer ?? { decision: 'expired', by: 'pawl', reason: 'nobody decided before the deadline', via: 'deadline' }
    );
  }

  private take(decision: Answer['decision'], { by, reason }: Decision, via: Answer['via']): string {
    this.answer = { decision, by, reason, via };
    return `${decision} by ${by}`;
  }

  private objection(given: Decision | undefined): string | null {
    const unclear =
      objectionToKeys(given, decisionKeys) ?? objectionToBy(given?.by) ?? objectionToReason(given?.reason);
    if (unclear !== null || given === undefined) return unclear;
    if (this.answer !== null) return `this run was ${this.answer.decision} by ${this.answer.by} already`;
    if (this.awaited === null) return 'this run awaits no approval now: query "progress" tells its stage';
    if (given.evidence !== this.awaited)
      return `"evidence" must be the digest that query "progress" shows (${this.awaited}), not ${given.evidence ?? 'nothing'}: read the evidence again`;
    return null;
  }

  private refuse(objection: string | null): void {
    if (objection !== null) throw ApplicationFailure.nonRetryable(objection, errorTypes.invalidRequest);
  }
}
