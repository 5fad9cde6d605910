import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ReleaseResult } from '../contracts/release.ts';
import type { Outcome, RetrainRequest, RunResult } from '../contracts/run.ts';
import type { SnapshotRef } from '../contracts/dataset.ts';
import type { Digest } from '../contracts/digest.ts';
import { activitiesFor, openRun } from './activities.ts';
import { ApprovalDesk } from './approval.ts';
import { releaseAsChild } from './release-child.ts';
import { RunSession, StoppedByGate } from './run-session.ts';
import { dueTime } from './search-attributes.ts';

/** The whole path of a model: from rows to traffic, or to the reason why not. */
export async function retrainAndRelease(input: string | RetrainRequest): Promise<RunResult> {
  const { run, approval, plan } = await openRun(input, dueTime());
  const session = new RunSession(run);
  const desk = new ApprovalDesk(session);
  const activities = activitiesFor(plan);
  let snapshot: SnapshotRef | null = null;
  let training: Digest | null = null;
  let version: number | null = null;
  let release: ReleaseResult | null = null;

  const close = (outcome: Outcome, reason: string): Promise<RunResult> => {
    session.ended(outcome, reason);
    return session.step('report', () =>
      activities.closeRun({ run, snapshot, training, verdicts: session.verdicts, outcome, version, reason, release }),
    );
  };

  try {
    const data = (snapshot = await session.step('snapshot', () => activities.snapshotDataset(run)));
    await session.gate('data', () => activities.checkDataset({ run, snapshot: data }));
    const trained = await session.step('train', () => activities.trainModel({ run, snapshot: data }));
    training = trained.evidence;
    let candidate = trained.candidate;
    const judged = () => ({ run, candidate, snapshot: data });
    await session.gate('quality', () => activities.evaluateModel(judged()));
    await session.gate('fairness', () => activities.assessFairness(judged()));
    await session.gate('explain', () => activities.explainModel(judged()));
    ({ candidate } = await session.gate('optimize', () => activities.optimizeModel(judged())));
    await session.gate('staging', () => activities.benchmarkModel(judged()));
    const registered = await session.step('register', () =>
      activities.registerModel({ ...judged(), training: trained.evidence, verdicts: session.verdicts }),
    );
    version = registered.version;
    session.registered(version);

    session.enter('approval');
    const answer =
      approval.require === 'never' && session.held.length === 0
        ? { decision: 'approved' as const, by: 'policy', reason: 'every gate passed', via: 'policy' as const }
        : await desk.decide(registered.evidence, approval.deadlineMs);
    await activities.recordApproval({
      run,
      approval: { ...answer, evidence: registered.evidence, at: new Date().toISOString() },
    });
    if (answer.decision !== 'approved')
      return await close('rejected', `${answer.decision} by ${answer.by}: ${answer.reason}`);

    session.enter('release');
    release = await releaseAsChild(
      { model: run.model, version, by: answer.by, reason: answer.reason },
      plan.queues.release,
      (waitingFor) => session.wait(waitingFor),
    );
    return await close(release.outcome, release.reason);
  } catch (error) {
    if (error instanceof StoppedByGate) return close('stopped', error.message);
    if (isCancellation(error))
      await CancellationScope.nonCancellable(() => close('stopped', `cancelled at ${session.at}`));
    throw error;
  }
}
