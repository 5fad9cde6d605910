import { ApplicationFailure, condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Command } from '../contracts/run/approval.ts';
import { errorTypes, type ReleasePhase } from '../contracts/names.ts';
import { commandKeys, objectionToKeys } from '../contracts/message-keys.ts';
import { objectionToBy, objectionToReason } from '../contracts/people.ts';
import type {
  Look,
  ReleasePlan,
  ReleaseProgress,
  ReleaseRequest,
  ReleaseResult,
} from '../contracts/release/release.ts';
import type { Said } from '../contracts/release/release-log.ts';
import { Approvals } from './approvals.ts';
import { commandNames, commandSignal, commandUpdate, releaseProgressQuery, type CommandName } from './messages.ts';
import { outcomeWords } from './outcome-words.ts';
import { markSearchable } from './search-attributes.ts';

/** What a person wants, until the release has followed it. */
export interface Order {
  readonly command: 'promote' | 'rollback' | 'abort';
  readonly by: string;
  readonly reason: string;
}

/** What a release knows of itself beside its place, when it continues as new. */
export interface Standing {
  paused: boolean;
  /** Guards that a person overrode. */
  acknowledged?: string[];
  /** Milliseconds that the total deadline was put off by. */
  extendedMs?: number;
  /** What was seen last, and who approved of it. */
  lastLook?: Look | null;
  approvals?: string[];
  atPause?: boolean;
  waitingFor?: string | null;
  commands?: Said[];
}

/** Of the commands of people, the newest that are kept, and those of them that the Web UI shows. */
const mostCommands = 100;
const mostShown = 20;

const waitsToGoOn = 'a person to let it go on: `pawl resume`';

/** Who must agree to what. */
type Rules = Pick<ReleasePlan, 'approvers' | 'starter'>;

/** What a release shows of itself, and what people tell it. */
export class ReleaseSession {
  order: Order | null = null;
  paused: boolean;
  readonly acknowledged: string[];
  extendedMs: number;
  /** The phase is proven, and waits for a person to let it go on. */
  atPause = false;
  /** The person did. */
  goesOn = false;
  /** A person wants the phase's time to begin again. */
  retry = false;
  looks: number;
  lastLook: Look | null = null;
  private readonly request: ReleaseRequest;
  private rules: Rules = {};
  private champion: number | null = null;
  private phase: ReleasePhase = 'waiting';
  private share = 0;
  private end: string | null = null;
  private waitingFor: string | null = null;
  private readonly commands: Said[];
  private readonly approvals: Approvals;

  constructor(request: ReleaseRequest, looks: number, standing: Standing = { paused: false }) {
    this.request = request;
    this.looks = looks;
    this.paused = standing.paused;
    this.acknowledged = [...(standing.acknowledged ?? [])];
    this.extendedMs = standing.extendedMs ?? 0;
    this.lastLook = standing.lastLook ?? null;
    this.approvals = new Approvals(standing.approvals, this.lastLook?.standing);
    this.atPause = standing.atPause ?? false;
    this.waitingFor = standing.waitingFor ?? null;
    this.commands = [...(standing.commands ?? [])];
    for (const name of commandNames) {
      setHandler(commandUpdate(name), (given: Command) => this.obey(name, given), {
        validator: (given: Command) => {
          const objection = this.objection(name, given);
          if (objection !== null) throw ApplicationFailure.nonRetryable(objection, errorTypes.invalidRequest);
        },
        description: `{"by", "reason"}: ${name} this release`,
      });
      setHandler(commandSignal(name), (given: Command) => {
        const objection = this.objection(name, given);
        if (objection === null) this.obey(name, given);
        else this.note(`signal "${name}" ignored: ${objection}`);
      });
    }
    setHandler(releaseProgressQuery, () => this.progress(), { description: 'Phase, share, last look, and what waits' });
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

  /** What a new run must know to go on. */
  standing(): Required<Standing> {
    const { paused, acknowledged, extendedMs, lastLook, atPause, waitingFor } = this;
    const approvals = this.approvals.names;
    const commands = this.said();
    return { paused, acknowledged, extendedMs, lastLook, approvals, atPause, waitingFor, commands };
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
    this.wait(`a person: ${guards.join(', ')} convicted. \`pawl resume\` goes on in spite of it`);
  }

  saw(look: Look): void {
    this.looks += 1;
    if (look.status !== this.lastLook?.status) markSearchable({ verdict: look.status });
    this.lastLook = look;
    this.approvals.voidUnless(look.standing ?? null);
    this.show();
  }

  wait(waitingFor: string | null): void {
    this.waitingFor = waitingFor;
    this.show();
  }

  /** Waits until it is time for the next look, or until a person orders something. */
  async nextLook(everyMs: number): Promise<void> {
    await condition(() => this.isCalled, everyMs, {
      summary: 'Until the next look at the evidence',
    });
  }

  private obey(name: CommandName, given: Command): string {
    const { reason } = given;
    const said = this.agreed(name, given);
    this.note(`${said.text}: ${reason}`);
    if (said.done) this.follow(name, given);
    this.show();
    return said.text;
  }

  /** Whether enough people want it. */
  private agreed(name: CommandName, { by }: Command): { done: boolean; text: string } {
    const needed = this.needsApproval(name) ? (this.rules.approvers ?? 1) : 1;
    if (needed === 1) return { done: true, text: `${name} by ${by}` };
    const done = this.approvals.add({ by }, this.lastLook?.standing ?? null, needed);
    const { names } = this.approvals;
    if (done) this.approvals.clear();
    return { done, text: `${name} by ${done ? names.join(' and ') : `${by} (${names.length} of ${needed})`}` };
  }

  /** Moves traffic forward, or in spite of a guard. */
  private needsApproval(name: CommandName): boolean {
    return name === 'promote' || (name === 'resume' && (this.atPause || this.asksForPerson()));
  }

  private asksForPerson(): boolean {
    return this.paused && this.lastLook?.decision === 'pause';
  }

  private follow(name: CommandName, { by, reason, ms = 0 }: Command): void {
    switch (name) {
      case 'pause':
        this.paused = true;
        this.waitingFor = `a person to resume: \`pawl resume\` (paused by ${by}: ${reason})`;
        break;
      case 'resume':
        if (this.asksForPerson()) this.acknowledged.push(...(this.lastLook?.convicted ?? []));
        if (this.atPause && !this.paused) this.goesOn = true;
        this.paused = false;
        this.waitingFor = this.atPause && !this.goesOn ? waitsToGoOn : null;
        break;
      case 'promote':
      case 'rollback':
      case 'abort':
        this.order = { command: name, by, reason };
        break;
      case 'retry':
        this.retry = true;
        break;
      case 'extend':
        this.extendedMs += ms;
        break;
    }
  }

  private objection(name: CommandName, given: Command | undefined): string | null {
    const unclear = objectionToKeys(given, commandKeys) ?? objectionToBy(given?.by) ?? objectionToReason(given?.reason);
    if (unclear !== null || given === undefined) return unclear;
    if (this.phase === 'ended') return 'this release has ended';
    if (name === 'pause' && this.paused) return 'this release is paused already';
    if (name === 'resume' && !this.paused && !this.atPause) return 'this release is not paused';
    if (name === 'promote' && this.phase === 'waiting') return 'this release waits for another one to end';
    if (name === 'promote' && this.order?.command === 'rollback') return `${this.order.by} ordered a rollback already`;
    if (name === 'promote' && this.phase === 'bake') return 'this release is promoted already: it bakes';
    if (name === 'retry' && this.phase === 'waiting') return 'this release has no step yet that could be tried again';
    if (name === 'extend' && !(typeof given.ms === 'number' && given.ms > 0))
      return 'say by how much, in "ms": milliseconds above 0';
    return this.needsApproval(name) ? this.mayNotApprove(given) : null;
  }

  private mayNotApprove({ by, evidence }: Command): string | null {
    const standing = this.lastLook?.standing ?? null;
    if (by === this.rules.starter) return `${by} started this release, and the policy wants somebody else's approval`;
    if (this.approvals.names.includes(by)) return `${by} approved already: somebody else must, too`;
    if (evidence !== undefined && evidence !== standing)
      return `what you saw (${evidence}) has changed: look again, it is ${standing ?? 'not there yet'} now`;
    return null;
  }

  private note(text: string): void {
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
      standing: this.lastLook?.standing ?? null,
      approvals: this.approvals.names,
      looks: this.looks,
      lastLook: this.lastLook,
      commands: this.commands.map(({ text }) => text),
    };
  }

  private show(): void {
    const { model, version } = this.request;
    setCurrentDetails(
      [
        ...(this.end === null ? [] : [this.end, '']),
        `**${model}** version ${version}: \`${this.phase}\`, ${Math.round(this.share * 100)} % of traffic${this.paused ? ', **paused**' : ''}`,
        ...(this.waitingFor === null ? [] : ['', `Waits for ${this.waitingFor}`]),
        ...(this.lastLook === null
          ? []
          : ['', `Look ${this.looks}: **${this.lastLook.status}**, ${this.lastLook.decision}`]),
        ...(this.lastLook?.reasons.map((reason) => `- ${reason}`) ?? []),
        ...this.commands.slice(-mostShown).map(({ text }) => `- ${text}`),
      ].join('\n'),
    );
  }
}
