import { FollowedModel, type FollowPorts, type Serving } from './follow-model.ts';
import { messageOf } from './report.ts';

export interface Health {
  /** `degraded` serves by the last record that it could read. */
  readonly status: 'starting' | 'ready' | 'degraded';
  readonly reasons: readonly string[];
}

/** How often the list of models is read: new models are rarer than new records. */
const modelsEveryMs = 1_000;

/** Follows the deployment records of all models, every `everyMs` with a jitter of a fifth. */
export class Follower {
  readonly #ports: FollowPorts;
  readonly #everyMs: number;
  readonly #models = new Map<string, FollowedModel>();
  #timer: NodeJS.Timeout | undefined;
  #tick: Promise<void> = Promise.resolve();
  #listedAt = 0;
  #outage: string | null = null;
  #started = false;
  #stopped = false;

  constructor(ports: FollowPorts, everyMs: number) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  /** Ends when the records were read once and what they need was loaded, or could not be. */
  async start(): Promise<void> {
    await this.#poll();
    await Promise.all([...this.#models.values()].map((model) => model.settled()));
    this.#schedule();
  }

  models(): string[] {
    return [...this.#models.keys()];
  }

  /** Undefined for an unknown model, null for one that nothing serves yet. */
  serving(model: string): Serving | null | undefined {
    return this.#models.get(model)?.serving;
  }

  health(): Health {
    const problems = [...this.#models.values()].map((model) => model.problem).filter((problem) => problem !== null);
    const reasons = this.#outage === null ? problems : [this.#outage, ...problems];
    if (!this.#started || [...this.#models.values()].some((model) => model.waiting))
      return { status: 'starting', reasons };
    return { status: reasons.length > 0 ? 'degraded' : 'ready', reasons };
  }

  /** Stops reading; versions stay in memory until `close`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#tick;
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all([...this.#models.values()].map((model) => model.close()));
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#tick = this.#poll().finally(() => {
          this.#schedule();
        });
      },
      this.#everyMs * (0.8 + 0.4 * Math.random()),
    );
  }

  async #poll(): Promise<void> {
    try {
      if (Date.now() - this.#listedAt >= modelsEveryMs) {
        for (const name of await this.#ports.registry.models())
          if (!this.#models.has(name)) this.#models.set(name, new FollowedModel(name, this.#ports));
        this.#listedAt = Date.now();
      }
      await Promise.all([...this.#models.values()].map((model) => model.poll()));
      if (this.#outage !== null) this.#ports.report('the store answers again');
      this.#outage = null;
      this.#started = true;
    } catch (error) {
      const outage = `the store does not answer, the last known deployment is served: ${messageOf(error)}`;
      if (this.#outage === null) this.#ports.report(outage);
      this.#outage = outage;
    }
  }
}
