import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { SnapshotRef } from '../contracts/data/dataset.ts';
import type { Digest } from '../contracts/digest.ts';
import { isWrapper, messageChain } from '../contracts/message-chain.ts';
import type { VersionRef } from '../contracts/model/version.ts';
import type { Outcome } from '../contracts/names.ts';
import type { ReleaseResult } from '../contracts/release/release.ts';
import type { Candidate, GateResult, OpenedRun, Run, RunResult } from '../contracts/run/run.ts';
import { activitiesFor, type PlacedActivities } from './activities.ts';
import { ApprovalInbox, type Answer } from './approval-inbox.ts';
import { releaseAsChild } from './release-child.ts';
import { searchSettings } from './search-settings.ts';
import { RunSession, StoppedByGate } from './run-session.ts';

interface Trained {
  /** Null of a model on tensors, which has no rows. */
  readonly snapshot: SnapshotRef | null;
  readonly candidate: Candidate;
  /** Evidence of the training. */
  readonly training: Digest;
}

/** One run of a model's pipeline, from its data to its end. */
export class RetrainRun {
  private readonly opened: OpenedRun;
  private readonly session: RunSession;
  private readonly inbox: ApprovalInbox;
  private readonly activities: PlacedActivities;
  private version: number | null = null;
  private release: ReleaseResult | null = null;
  /** With the settings that a search chose, once there is one. */
  private run: Run;

  constructor(opened: OpenedRun) {
    this.opened = opened;
    this.run = opened.run;
    this.session = new RunSession(opened.run);
    this.inbox = new ApprovalInbox(this.session);
    this.activities = activitiesFor(opened.plan);
  }

  async toItsEnd(): Promise<RunResult> {
    try {
      return await this.takeToTraffic();
    } catch (error) {
      if (error instanceof StoppedByGate) return this.close('stopped', error.message);
      const { at } = this.session;
      const [outcome, reason] = isCancellation(error)
        ? (['cancelled', `cancelled at ${at}`] as const)
        : (['failed', `at ${at}: ${messageChain(error, isWrapper)}`] as const);
      // What ended the run says more than that its end could not be recorded.
      await this.close(outcome, reason).catch(() => undefined);
      throw error;
    }
  }

  private async takeToTraffic(): Promise<RunResult> {
    const judged = await this.judge(await this.train());
    const registered = await this.register(judged);
    const answer = await this.approve(registered.evidence);
    if (answer.decision !== 'approved')
      return this.close('rejected', `${answer.decision} by ${answer.by}: ${answer.reason}`);
    const { outcome, reason } = await this.releaseVersion(registered.version, answer);
    return this.close(outcome, reason);
  }

  private async train(): Promise<Trained> {
    const { session, activities } = this;
    const snapshot = this.opened.isOnTensors === true ? null : await this.takeRows();
    const { search } = this.opened;
    if (snapshot !== null && search !== undefined) await this.chooseSettings(snapshot, search);
    const { run } = this;
    const { candidate, evidence, from, note } = await session.step('train', () =>
      activities.trainModel({ run, snapshot }),
    );
    session.training = evidence;
    session.trainedBy = from ?? null;
    session.trainingNote = note ?? null;
    return { snapshot, candidate, training: evidence };
  }

  private async chooseSettings(snapshot: SnapshotRef, limits: NonNullable<OpenedRun['search']>): Promise<void> {
    const { session, activities } = this;
    const { definition } = await session.gate('search', () =>
      searchSettings({ run: this.run, snapshot, limits }, activities, (text) => session.tell(text)),
    );
    this.run = { ...this.run, definition };
  }

  private async takeRows(): Promise<SnapshotRef> {
    const { session, activities } = this;
    const { run } = this;
    const snapshot = await session.step('snapshot', () => activities.snapshotDataset(run));
    session.snapshot = snapshot;
    await session.gate('data', () => activities.checkDataset({ run, snapshot }));
    return snapshot;
  }

  /** Returns the candidate that the gates chose: the trained one, or a quantized variant of it. */
  private judge(trained: Trained): Promise<Trained> {
    const { snapshot } = trained;
    return snapshot === null ? this.judgeWithoutRows(trained) : this.judgeByRows({ ...trained, snapshot });
  }

  private async judgeWithoutRows(trained: Trained): Promise<Trained> {
    const { session, activities } = this;
    const { run } = this;
    const { candidate, training } = trained;
    await session.gate('trial', () => activities.tryModel({ run, candidate, training }));
    await session.gate('staging', () => activities.benchmarkModel({ run, candidate, snapshot: null, training }));
    return trained;
  }

  private async judgeByRows(trained: Trained & { readonly snapshot: SnapshotRef }): Promise<Trained> {
    const { session, activities } = this;
    const { snapshot } = trained;
    const { run } = this;
    const given = { run, candidate: trained.candidate, snapshot };
    const { folds } = this.opened;
    if (folds !== undefined) await session.gate('folds', () => this.judgeFolds(snapshot, folds));
    await session.gate('quality', () => activities.evaluateModel(given));
    await session.gate('fairness', () => activities.assessFairness(given));
    await session.gate('explain', () => activities.explainModel(given));
    const { candidate } = await session.gate('optimize', () => activities.optimizeModel(given));
    await session.gate('staging', () => activities.benchmarkModel({ run, candidate, snapshot }));
    return { ...trained, candidate };
  }

  /** Folds are trained beside each other, as far as workers are free. */
  private async judgeFolds(snapshot: SnapshotRef, of: number): Promise<GateResult> {
    const { run } = this;
    const { trainFold, judgeFolds } = this.activities;
    const trained = await CancellationScope.cancellable(async () => {
      try {
        const indices = Array.from({ length: of }, (_, index) => index);
        return await Promise.all(indices.map((index) => trainFold({ run, snapshot, fold: { index, of } })));
      } catch (error) {
        // Without one fold the others are of no use.
        CancellationScope.current().cancel();
        throw error;
      }
    });
    return judgeFolds({ run, folds: trained });
  }

  private async register({ snapshot, candidate, training }: Trained): Promise<VersionRef> {
    const { session, activities } = this;
    const { run } = this;
    const registered = await session.step('register', () =>
      activities.registerModel({ run, candidate, snapshot, training, verdicts: session.verdicts }),
    );
    this.version = registered.version;
    session.registered(registered.version);
    return registered;
  }

  /** Waits for a person unless the policy approves by itself. */
  private async approve(evidence: Digest): Promise<Answer> {
    const { run } = this;
    const { approval } = this.opened;
    this.session.enter('approval');
    const answer: Answer =
      approval.require === 'never' && this.session.held.length === 0
        ? { decision: 'approved', by: 'policy', reason: 'every gate passed', via: 'policy' }
        : await this.inbox.decide(evidence, approval.deadlineMs);
    await this.activities.recordApproval({ run, approval: { ...answer, evidence, at: new Date().toISOString() } });
    return answer;
  }

  private async releaseVersion(version: number, { by, reason }: Answer): Promise<ReleaseResult> {
    const { run } = this;
    const { plan } = this.opened;
    this.session.enter('release');
    const request = { model: run.model, version, by, reason };
    this.release = await releaseAsChild(request, plan.queues.release, (waitingFor) => this.session.wait(waitingFor));
    return this.release;
  }

  private close(outcome: Outcome, reason: string): Promise<RunResult> {
    const { session, version, release } = this;
    session.ended(outcome, reason);
    const { snapshot, training, verdicts } = session;
    const closing = { run: this.run, snapshot, training, verdicts, outcome, version, reason, release };
    return CancellationScope.nonCancellable(async () => {
      session.enter('report');
      try {
        return await this.activities.closeRun({ ...closing, withReport: true });
      } catch (error) {
        // How it ended is kept, even if the report lacks something.
        const why = `${reason}. Its report could not be written: ${messageChain(error, isWrapper)}`;
        return this.activities.closeRun({ ...closing, reason: why, withReport: false });
      }
    });
  }
}
