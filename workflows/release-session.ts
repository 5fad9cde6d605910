import { condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { outcomeWords, type ReleasePhase } from '../contracts/names.ts';
import type {
  Analysis,
  ReleasePlan,
  ReleaseProgress,
  ReleaseRequest,
  ReleaseResult,
} from '../contracts/release/release.ts';
import type { Said } from '../contracts/release/release-log.ts';
import { Approvals } from './approvals.ts';
import { freshState, type CarriedState } from './carried-state.ts';
import { releaseProgressQuery } from './messages.ts';
import { markSearchable } from './search-attributes.ts';

/** What a person wants, until the release has followed it. */
export interface Order {
  readonly command: 'promote' | 'rollback' | 'abort';
  readonly by: string;
  readonly reason: string;
}

/** Of the commands of people, the newest that are kept, and those of them that the Web UI shows. */
const mostCommands = 100;
const mostShown = 20;

export const waitsToGoOn = 'a person to let it go on: `pawl resume`';

/** Who must agree to what. */
type Rules = Pick<ReleasePlan, 'approvers' | 'starter'>;

/** What a release knows of itself and shows: query, search attributes and current details. */
export class ReleaseSession {
  order: Order | null = null;
  paused: boolean;
  readonly acknowledged: string[];
  extendedMs: number;
  /** The phase is proven, and waits for a person to let it go on. */
  atPause: boolean;
  /** The person did. */
  goesOn = false;
  /** A person wants the phase's time to begin again. */
  retry = false;
  analyses: number;
  lastAnalysis: Analysis | null;
  waitingFor: string | null;
  phase: ReleasePhase = 'waiting';
  rules: Rules = { approvers: 1, starter: null };
  readonly approvals: Approvals;
  private readonly request: ReleaseRequest;
  private champion: number | null = null;
  private share = 0;
  private end: string | null = null;
  private readonly commands: Said[];

  constructor(request: ReleaseRequest, carried: CarriedState = freshState) {
    this.request = request;
    this.analyses = carried.analyses;
    this.paused = carried.paused;
    this.acknowledged = [...carried.acknowledged];
    this.extendedMs = carried.extendedMs;
    this.lastAnalysis = carried.lastAnalysis;
    this.approvals = new Approvals(carried.approvals, carried.lastAnalysis?.fingerprint ?? null);
    this.atPause = carried.atPause;
    this.waitingFor = carried.waitingFor;
    this.commands = [...carried.commands];
    setHandler(releaseProgressQuery, () => this.progress(), {
      description: 'Phase, share, last analysis, and what waits',
    });
  }

  opened({ champion, approvers, starter, forced }: Pick<ReleasePlan, 'champion' | 'forced'> & Rules): void {
    this.champion = champion;
    const text = `by force, in spite of: ${forced}`;
    if (forced !== undefined && !this.commands.some((command) => command.text === text)) this.note(text);
    this.rules = { approvers, starter };
    markSearchable({ model: this.request.model, version: this.request.version });
  }

  /** `resumed`: it was in this phase already, and goes on there as a new run. */
  enter(phase: ReleasePhase, share: number, resumed = false): void {
    this.phase = phase;
    this.share = share;
    this.goesOn = false;
    if (!resumed) {
      this.atPause = false;
      this.approvals.clear();
      if (!this.paused) this.waitingFor = null;
    }
    markSearchable({ stage: phase });
    this.show();
  }

  /** Says first how the release ended and why: Temporal calls it completed, with any decision. */
  ended(outcome: ReleaseResult['outcome'], reason: string): void {
    this.end = `**${outcomeWords[outcome]}**: ${reason}`;
    this.show();
  }

  /** The newest commands of people, in order. */
  said(): Said[] {
    return [...this.commands];
  }

  carried(): CarriedState {
    const { analyses, paused, acknowledged, extendedMs, lastAnalysis, atPause, waitingFor } = this;
    const approvals = this.approvals.names;
    const commands = this.said();
    return { analyses, paused, acknowledged, extendedMs, lastAnalysis, approvals, atPause, waitingFor, commands };
  }

  /** What a person ordered that takes traffic back; null where none did. */
  orderBack(): Order | null {
    return this.order === null || this.order.command === 'promote' ? null : this.order;
  }

  /** A person has asked for something that the release has not followed yet, and that a new run would not know of. */
  get isCalled(): boolean {
    return this.order !== null || this.goesOn || this.retry;
  }

  /** The phase is proven: it waits for a person. */
  pauseHere(): void {
    if (this.atPause) return;
    this.atPause = true;
    this.wait(waitsToGoOn);
  }

  /** A guard asks for a person. */
  pauseFor(guards: readonly string[]): void {
    if (this.paused) return;
    this.paused = true;
    this.wait(`a person: ${guards.join(', ')} fired. \`pawl resume\` goes on in spite of it`);
  }

  saw(analysis: Analysis): void {
    this.analyses += 1;
    if (analysis.status !== this.lastAnalysis?.status) markSearchable({ verdict: analysis.status });
    this.lastAnalysis = analysis;
    this.approvals.voidUnless(analysis.fingerprint);
    this.show();
  }

  wait(waitingFor: string | null): void {
    this.waitingFor = waitingFor;
    this.show();
  }

  /** Waits until it is time for the next analysis, or until a person orders something. */
  async nextAnalysis(everyMs: number): Promise<void> {
    await condition(() => this.isCalled, everyMs, {
      summary: 'Until the next analysis of the evidence',
    });
  }

  note(text: string): void {
    this.commands.push({ at: Date.now(), text });
    if (this.commands.length > mostCommands) this.commands.shift();
    this.show();
  }

  private progress(): ReleaseProgress {
    return {
      model: this.request.model,
      version: this.request.version,
      champion: this.champion,
      phase: this.phase,
      share: this.share,
      paused: this.paused,
      waitingFor: this.waitingFor,
      fingerprint: this.lastAnalysis?.fingerprint ?? null,
      approvals: this.approvals.names,
      analyses: this.analyses,
      lastAnalysis: this.lastAnalysis,
      commands: this.commands.map(({ text }) => text),
    };
  }

  show(): void {
    const { model, version } = this.request;
    setCurrentDetails(
      [
        ...(this.end === null ? [] : [this.end, '']),
        `**${model}** version ${version}: \`${this.phase}\`, ${Math.round(this.share * 100)} % of traffic${this.paused ? ', **paused**' : ''}`,
        ...(this.waitingFor === null ? [] : ['', `Waits for ${this.waitingFor}`]),
        ...(this.lastAnalysis === null
          ? []
          : ['', `Analysis ${this.analyses}: **${this.lastAnalysis.status}**, ${this.lastAnalysis.decision}`]),
        ...(this.lastAnalysis?.reasons.map((reason) => `- ${reason}`) ?? []),
        ...this.commands.slice(-mostShown).map(({ text }) => `- ${text}`),
      ].join('\n'),
    );
  }
}
