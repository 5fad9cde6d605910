/** A thread that grows trees with others: the leader, or one that has columns of its own. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { growthOf } from '../../../ml/gbdt/boost.ts';
import { ColumnShare } from '../../../ml/gbdt/column-share.ts';
import type { LeaderWork, MemberWork, ThreadMessage, ThreadWork } from './messages.ts';
import { trainTrees } from './session.ts';
import { leadTurn, takeTurns } from './turns.ts';

const port = parentPort!;
const say = (message: ThreadMessage): void => port.postMessage(message);

async function lead({ job, memory, turns, size }: LeaderWork): Promise<void> {
  const team = { memory, size, run: (own: () => void) => leadTurn(turns, size - 1, own) };
  const result = await trainTrees(
    job,
    async (report, checkpoint) => {
      const answered = once(port, 'message');
      say({ kind: 'epoch', report, checkpoint });
      await answered;
    },
    team,
  );
  say({ kind: 'done', result });
}

function help({ memory, turns, size, member, settings, binning }: MemberWork): never {
  const { facts, limits } = growthOf({ settings, binning });
  const share = new ColumnShare(memory, facts, limits, { member, size });
  return takeTurns(turns, () => share.answer());
}

const work = workerData as ThreadWork;
if ('job' in work) await lead(work);
else help(work);
