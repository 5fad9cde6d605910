import type { Deployment } from '../../contracts/release/deployment.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { messageOf, type Report } from '../warnings.ts';
import type { GuardCounter } from './guard-counter.ts';
import { judgedUnder, type Judged } from './judged-canary.ts';
import { ReleaseJudge, type JudgedAnswer } from './release-judge.ts';
import { evidenceOf, takeOut } from './roll-back-canary.ts';

/** The traffic of this process. */
export interface GuardedTraffic {
  /** Sends the canary nothing more here, for as long as the record names what was judged. */
  takeOut(judged: Judged): void;
  /** Applies a record that was just written, without waiting to read it. */
  learn(record: Deployment): void;
}

export interface GuardPorts {
  readonly store: Pick<ArtifactStore, 'putBlob'>;
  readonly registry: Pick<Registry, 'changeDeployment' | 'claimGuardSlot'>;
  readonly instance: string;
  readonly traffic: GuardedTraffic;
  readonly report: Report;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Keys with an event that are remembered per guard. @default 200,000 */
  readonly mostKeys?: number;
}

const shortestWaitMs = 50;
const longestWaitMs = 2_000;

/**
 * Judges canaries by what this process alone answers, and takes one that burns out through the store: nothing else needs to be alive.
 * The deployment record says which guards look and with which alpha.
 */
export class GatewayGuard {
  readonly #ports: GuardPorts;
  readonly #judges = new Map<string, ReleaseJudge>();
  readonly #takenOut = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(ports: GuardPorts) {
    this.#ports = ports;
  }

  /** Takes the record as the store has it now, with every reading of it. */
  follow(record: Deployment): void {
    const known = this.#judges.get(record.model);
    const judged = judgedUnder(record);
    if (known !== undefined && known.judged.identity === judged?.identity) {
      this.#claim(known);
      return;
    }
    // A release that has no canary for a while keeps what was seen of it.
    if (known !== undefined && judged === null && known.judged.release === record.release) return;
    if (known !== undefined) this.#end(known);
    if (judged === null || this.#closing.signal.aborted) return;
    const judge = new ReleaseJudge(judged, this.#ports.mostKeys);
    this.#judges.set(record.model, judge);
    this.#claim(judge);
  }

  /** Takes an answer that the sticky split chose and that was worked out now. */
  answered({ model, release }: Deployment, answered: JudgedAnswer): void {
    const judge = this.#judges.get(model);
    if (judge === undefined || judge.judged.release !== release) return;
    if (judge.answered(answered) && judge.fired !== null) this.#fire(judge, judge.fired);
  }

  /** One per model whose release this process looks at. */
  get judges(): Iterable<ReleaseJudge> {
    return this.#judges.values();
  }

  /** Canaries that this process took out, by model. */
  get takenOut(): ReadonlyMap<string, number> {
    return this.#takenOut;
  }

  /** Why it serves by something else than the deployment record. */
  reasons(): string[] {
    return [...this.#judges.values()].flatMap(({ problem }) => (problem === null ? [] : [problem]));
  }

  /** Gives up what it is still trying. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  #claim(judge: ReleaseJudge): void {
    if (judge.slot !== null || judge.refused) return;
    const { registry, instance, report } = this.#ports;
    const { model, version, guard } = judge.judged;
    judge
      .claim(registry, instance)
      .then(() => {
        if (judge.refused)
          report(`${model}@${version} is not judged here: others hold all ${guard.slots} slots of the release`);
      })
      // The next reading of the record tries again; until then nothing is counted.
      .catch(() => undefined);
  }

  #fire(judge: ReleaseJudge, counter: GuardCounter): void {
    const { traffic, instance, now } = this.#ports;
    const evidence = evidenceOf(judge, counter, { instance, at: now() });
    traffic.takeOut(judge.judged);
    const running = this.#takeOut(judge, evidence).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #takeOut(judge: ReleaseJudge, evidence: ReturnType<typeof evidenceOf>): Promise<void> {
    const { report, traffic } = this.#ports;
    const { model, version, identity } = judge.judged;
    for (let waitMs = shortestWaitMs; !judge.ended && !this.#closing.signal.aborted; waitMs *= 2) {
      try {
        const { record, ours } = await takeOut(this.#ports, identity, evidence);
        if (record !== null) traffic.learn(record);
        if (ours) {
          this.#takenOut.set(model, (this.#takenOut.get(model) ?? 0) + 1);
          report(`${model}: ${record?.reason ?? ''}`);
        }
        this.#end(judge);
      } catch (error) {
        const problem = `${model}@${version} gets no requests here, its guard "${evidence.guard}" fired on it, but the deployment record could not be changed: ${messageOf(error)}`;
        if (judge.problem === null) report(problem);
        judge.problem = problem;
        await pause(Math.min(waitMs, longestWaitMs), this.#closing.signal);
      }
    }
  }

  #end(judge: ReleaseJudge): void {
    judge.ended = true;
    judge.problem = null;
    if (this.#judges.get(judge.judged.model) === judge) this.#judges.delete(judge.judged.model);
  }
}

/** Ends after `ms`, or when the signal comes. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
