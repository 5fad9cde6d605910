import type { Outcome } from '../contracts/run/run.ts';

/** How a run or a release ended, as the Web UI shows it. */
export const outcomeWords: Record<Outcome, string> = {
  promoted: 'Promoted',
  rejected: 'Rejected',
  stopped: 'Stopped',
  rolledBack: 'Rolled back',
  measured: 'Measured',
  failed: 'Failed',
  cancelled: 'Cancelled',
};
