import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { isWrapper, messageChain } from '../contracts/message-chain.ts';
import { notPromotedType } from '../contracts/names.ts';
import type { ReleaseResult } from '../contracts/release/release.ts';
import type { Outcome, RetrainRequest, RunResult } from '../contracts/run/run.ts';
import { activitiesFor, openRun } from './activities.ts';
import { ApprovalDesk } from './approval.ts';
import { releaseAsChild } from './release-child.ts';
import { judged, RunSession, StoppedByGate } from './run-session.ts';
import { dueTime } from './search-attributes.ts';

/** The whole path of a model: from rows to traffic, or to the reason why not. */
export async function retrainAndRelease(input: string | RetrainRequest): Promise<RunResult> {
  const { run, approval, plan } = await openRun(input, dueTime());
  const session = new RunSession(run);
  const desk = new ApprovalDesk(session);
  const activities = activitiesFor(plan);
  let version: number | null = null;
  let release: ReleaseResult | null = null;

  const close = (outcome: Outcome, reason: string): Promise<RunResult> => {
    session.ended(outcome, reason);
    const { snapshot, training, verdicts } = session;
    const closing = { run, snapshot, training, verdicts, outcome, version, reason, release };
    return CancellationScope.nonCancellable(async () => {
      session.enter('report');
      try {
        return await activities.closeRun({ ...closing, withReport: true });
      } catch (error) {
        // How it ended is kept, even if the report lacks something.
        const why = `${reason}. Its report could not be written: ${messageChain(error, isWrapper)}`;
        return activities.closeRun({ ...closing, reason: why, withReport: false });
      }
    });
  };

  try {
    const data = (session.snapshot = await session.step('snapshot', () => activities.snapshotDataset(run)));
    await session.gate('data', () => activities.checkDataset({ run, snapshot: data }));
    const trained = await session.step('train', () => activities.trainModel({ run, snapshot: data }));
    session.training = trained.evidence;
    let candidate = trained.candidate;
    const judging = () => ({ run, candidate, snapshot: data });
    await session.gate('quality', () => activities.evaluateModel(judging()));
    await session.gate('fairness', () => activities.assessFairness(judging()));
    await session.gate('explain', () => activities.explainModel(judging()));
    ({ candidate } = await session.gate('optimize', () => activities.optimizeModel(judging())));
    await session.gate('staging', () => activities.benchmarkModel(judging()));
    const registered = await session.step('register', () =>
      activities.registerModel({ ...judging(), training: trained.evidence, verdicts: session.verdicts }),
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
      return judged(await close('rejected', `${answer.decision} by ${answer.by}: ${answer.reason}`));

    session.enter('release');
    release = await releaseAsChild(
      { model: run.model, version, by: answer.by, reason: answer.reason },
      plan.queues.release,
      (waitingFor) => session.wait(waitingFor),
    );
    return judged(await close(release.outcome, release.reason));
  } catch (error) {
    if (error instanceof StoppedByGate) return judged(await close('stopped', error.message));
    if (error instanceof ApplicationFailure && error.type === notPromotedType) throw error;
    const [outcome, reason] = isCancellation(error)
      ? (['cancelled', `cancelled at ${session.at}`] as const)
      : (['failed', `at ${session.at}: ${messageChain(error, isWrapper)}`] as const);
    // What ended the run says more than that its end could not be recorded.
    await close(outcome, reason).catch(() => undefined);
    throw error;
  }
}
