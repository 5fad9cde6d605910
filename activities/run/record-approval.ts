import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { Run } from '../../contracts/run/run.ts';
import type { Ports } from '../ports.ts';

export const createRecordApproval = (ports: Ports) =>
  async function recordApproval({ run, approval }: { run: Run; approval: ApprovalRecord }): Promise<void> {
    await ports.registry.recordApproval(run.model, run.id, approval);
  };
