import { ApplicationFailure, condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Command } from '../contracts/approval.ts';
import { errorTypes, type ReleasePhase } from '../contracts/names.ts';
import type { Look, ReleaseProgress, ReleaseRequest } from '../contracts/release.ts';
import { commandNames, commandSignal, commandUpdate, releaseProgressQuery, type CommandName } from './messages.ts';
import { markSearchable } from './search-attributes.ts';

/** A person's `promote` or `rollback`, until the release has followed it. */
export interface Order {
  readonly command: 'promote' | 'rollback';
  readonly by: string;
  readonly reason: string;
}

/** What a release shows of itself, and what people tell it. */
export class ReleaseSession {
  order: Order | null = null;
  paused = false;
  looks: number;
  lastLook: Look | null = null;
  private readonly request: ReleaseRequest;
  private champion: number | null = null;
  private phase: ReleasePhase = 'waiting';
  private share = 0;
  private waitingFor: string | null = null;
  private readonly commands: string[] = [];

  constructor(request: ReleaseRequest, looks: number) {
    this.request = request;
    this.looks = looks;
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

  opened(champion: number | null): void {
    this.champion = champion;
    markSearchable({ model: this.request.model, version: this.request.version });
  }

  enter(phase: ReleasePhase, share: number): void {
    this.phase = phase;
    this.share = share;
    markSearchable({ stage: phase });
    this.show();
  }

  saw(look: Look): void {
    this.looks += 1;
    if (look.status !== this.lastLook?.status) markSearchable({ verdict: look.status });
    this.lastLook = look;
    this.show();
  }

  wait(waitingFor: string | null): void {
    this.waitingFor = waitingFor;
    this.show();
  }

  /** Waits until it is time for the next look, or until a person orders something. */
  async nextLook(everyMs: number): Promise<void> {
    await condition(() => this.order !== null, everyMs, { summary: 'Until the next look at the evidence' });
  }

  private obey(name: CommandName, { by, reason }: Command): string {
    this.note(`${name} by ${by}: ${reason}`);
    switch (name) {
      case 'pause':
        this.paused = true;
        break;
      case 'resume':
        this.paused = false;
        break;
      case 'promote':
      case 'rollback':
        this.order = { command: name, by, reason };
        break;
    }
    this.show();
    return `${name} by ${by}`;
  }

  private objection(name: CommandName, given: Command | undefined): string | null {
    if (typeof given?.by !== 'string' || given.by === '') return 'say who asks, in "by"';
    if (typeof given.reason !== 'string' || given.reason === '') return 'say why, in "reason"';
    if (this.phase === 'ended') return 'this release has ended';
    if (name === 'pause' && this.paused) return 'this release is paused already';
    if (name === 'resume' && !this.paused) return 'this release is not paused';
    if (name === 'promote' && this.phase === 'waiting') return 'this release waits for another one to end';
    if (name === 'promote' && this.order?.command === 'rollback') return `${this.order.by} ordered a rollback already`;
    if (name === 'promote' && this.phase === 'bake') return 'this release is promoted already: it bakes';
    return null;
  }

  private note(text: string): void {
    this.commands.push(text);
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
      looks: this.looks,
      lastLook: this.lastLook,
      commands: [...this.commands],
    };
  }

  private show(): void {
    const { model, version } = this.request;
    setCurrentDetails(
      [
        `**${model}** version ${version}: \`${this.phase}\`, ${Math.round(this.share * 100)} % of traffic${this.paused ? ', **paused**' : ''}`,
        ...(this.waitingFor === null ? [] : ['', `Waits for ${this.waitingFor}`]),
        ...(this.lastLook === null
          ? []
          : ['', `Look ${this.looks}: **${this.lastLook.status}**, ${this.lastLook.decision}`]),
        ...(this.lastLook?.reasons.map((reason) => `- ${reason}`) ?? []),
        ...this.commands.map((command) => `- ${command}`),
      ].join('\n'),
    );
  }
}
