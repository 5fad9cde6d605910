import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { Progress } from '../contracts/run/approval.ts';
import type { SnapshotRef } from '../contracts/data/dataset.ts';
import type { Digest } from '../contracts/digest.ts';
import { outcomeWords, type Outcome, type Stage } from '../contracts/names.ts';
import type { GateResult, Run, StageVerdict } from '../contracts/run/run.ts';
import { progressQuery } from './messages.ts';
import { markSearchable } from './search-attributes.ts';

const mostReasons = 4;

/** A gate failed: the run ends as `stopped`. */
export class StoppedByGate extends Error {
  constructor(stage: Stage, { reasons, failures = reasons }: GateResult) {
    const more = failures.length > mostReasons ? ` (and ${failures.length - mostReasons} more)` : '';
    super(`${stage}: ${failures.slice(0, mostReasons).join('; ')}${more}`);
    this.name = 'StoppedByGate';
  }
}

/** What a run shows of itself while it goes: query, search attributes and current details. */
export class RunSession {
  readonly run: Run;
  readonly verdicts: StageVerdict[] = [];
  readonly ignored: string[] = [];
  snapshot: SnapshotRef | null = null;
  training: Digest | null = null;
  /** The run that trained the model, where this one reused it. */
  trainedBy: string | null = null;
  /** What is to be done about a training that ended before it was over. */
  trainingNote: string | null = null;
  private told: string | null = null;
  private stage: Stage = 'open';
  private waitingFor: string | null = null;
  private evidence: string | null = null;
  private version: number | null = null;
  private end: string | null = null;

  constructor(run: Run) {
    this.run = run;
    markSearchable({ model: run.model, stage: this.stage });
    setHandler(progressQuery, () => this.progress(), { description: 'Stage, verdicts, and what waits for whom' });
    this.show();
  }

  /** Runs a stage that hands something over. */
  async step<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.enter(stage);
    return work();
  }

  /**
   * Runs a stage that judges. A failed gate stops the run. An inconclusive one holds it: it goes on gathering evidence, but
   * only an approval that names this very verdict lets it reach traffic.
   */
  async gate<T extends GateResult>(stage: Stage, work: () => Promise<T>): Promise<T> {
    this.enter(stage);
    const result = await work();
    const verdict: StageVerdict = {
      stage,
      status: result.status,
      evidence: result.evidence,
      reasons: result.reasons,
      ...(result.numbers === undefined ? {} : { numbers: result.numbers }),
      ...(result.from === undefined ? {} : { from: result.from }),
    };
    this.verdicts.push(verdict);
    markSearchable({ verdict: result.status });
    this.show();
    if (result.status === 'fail') throw new StoppedByGate(stage, result);
    return result;
  }

  get at(): Stage {
    return this.stage;
  }

  get held(): StageVerdict[] {
    return this.verdicts.filter((verdict) => verdict.status === 'inconclusive');
  }

  registered(version: number): void {
    this.version = version;
    markSearchable({ version });
  }

  /** Says who must act, and which digest an approval must name; null when nobody must any more. */
  wait(waitingFor: string | null, evidence: string | null = null): void {
    this.waitingFor = waitingFor;
    this.evidence = evidence;
    this.show();
  }

  enter(stage: Stage): void {
    this.stage = stage;
    markSearchable({ stage });
    this.show();
  }

  /** Says first how the run ended and why. */
  ended(outcome: Outcome, reason: string): void {
    this.end = `**${outcomeWords[outcome]}**: ${reason}`;
    this.show();
  }

  /** Says how far the stage has come; null where there is nothing to say any more. */
  tell(text: string | null): void {
    this.told = text;
    this.show();
  }

  ignore(what: string): void {
    this.ignored.push(what);
    this.show();
  }

  private progress(): Progress {
    return {
      run: this.run.id,
      model: this.run.model,
      stage: this.stage,
      waitingFor: this.waitingFor,
      evidence: this.evidence,
      version: this.version,
      snapshot: this.snapshot,
      training: this.training,
      trainedBy: this.trainedBy,
      trainingNote: this.trainingNote,
      told: this.told,
      stages: this.verdicts.map((verdict) => ({ ...verdict })),
      ignored: [...this.ignored],
    };
  }

  /** What an approver should see before the decision. */
  private numbers(): string[] {
    return this.verdicts.flatMap(({ stage, numbers = [] }) =>
      numbers.length === 0 ? [] : ['', `**${stage}**`, ...numbers.map((line) => `- ${line}`)],
    );
  }

  private show(): void {
    const rows = this.verdicts.map(
      ({ stage, status, reasons, from }) =>
        `| ${stage} | **${status}**${from === undefined ? '' : `, of run ${from}`} | ${reasons[0] ?? ''} |`,
    );
    setCurrentDetails(
      [
        ...(this.end === null ? [] : [this.end, '']),
        `**${this.run.model}** is at \`${this.stage}\`${this.version === null ? '' : `, version ${this.version}`}`,
        ...(this.trainedBy === null
          ? []
          : ['', `Trained by run ${this.trainedBy}: nothing that it depends on has changed`]),
        ...(this.trainingNote === null ? [] : ['', `Training: ${this.trainingNote}`]),
        ...(this.told === null ? [] : ['', this.told]),
        ...(this.waitingFor === null ? [] : ['', `Waits for ${this.waitingFor}`]),
        ...(this.evidence === null ? [] : ['', `Evidence to approve: \`${this.evidence}\``]),
        ...(this.waitingFor === null ? [] : this.numbers()),
        ...(rows.length === 0 ? [] : ['', '| gate | verdict | reason |', '|---|---|---|', ...rows]),
        ...this.ignored.map((text) => `\nIgnored: ${text}`),
      ].join('\n'),
    );
  }
}
