import { HttpError, notFound, unavailable } from '../http-error.ts';
import { messageOf } from '../report.ts';
import { coolLeastAsked } from './evict.ts';
import { FollowedModel, type Serving } from './follow-model.ts';
import type { EnginePorts } from './load-version.ts';
import type { Feeds } from './served-version.ts';

export interface Health {
  /** `degraded` serves by the last record that it could read. */
  readonly status: 'starting' | 'ready' | 'degraded';
  readonly reasons: readonly string[];
}

/** How often the list of models is read: new models are rarer than new records. An unknown name asks for it sooner. */
const modelsEveryMs = 1_000;
const modelsAtOnceMs = 100;

/**
 * Follows the deployment records of the models in memory, every `follow` with a jitter of a fifth. Where more models are listed than
 * may be in memory, each is loaded by its first request.
 */
export class Follower {
  readonly #ports: EnginePorts;
  readonly #models = new Map<string, FollowedModel>();
  readonly #warming = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #tick: Promise<void> = Promise.resolve();
  #listedAt = -Infinity;
  #listing: Promise<void> | null = null;
  #outage: string | null = null;
  #started = false;
  #stopped = false;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
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

  /** Number of models that are listed. */
  get size(): number {
    return this.#models.size;
  }

  /** Undefined for an unknown model, null for one that nothing serves yet. */
  serving(name: string): Serving | null | undefined {
    const model = this.#models.get(name);
    if (model === undefined) return undefined;
    model.askedAt = performance.now();
    return model.serving;
  }

  /** Loads a model that is not in memory. Throws `HttpError` 404 for one that there is not, 503 where none of its versions serves. */
  async ensure(name: string): Promise<Serving> {
    if (!this.#models.has(name)) await this.#list(modelsAtOnceMs).catch((error: unknown) => this.#lost(error));
    const model = this.#models.get(name);
    if (model === undefined)
      throw notFound(`there is no model "${name}": known are ${this.models().slice(0, 20).join(', ') || 'none'}`);
    model.askedAt = performance.now();
    if (!model.hot) await this.#warm(model);
    if (model.serving !== null) return model.serving;
    if (model.problem !== null) throw unavailable(model.problem);
    throw unavailable(`model "${name}" has no version in service yet`);
  }

  /** Keeps a request to warm the model's next version up with. */
  remember(name: string, feeds: Feeds): void {
    this.#models.get(name)?.recent.remember(feeds);
  }

  /** Bytes of the model files in memory. */
  loadedBytes(): number {
    let bytes = 0;
    for (const model of this.#models.values()) bytes += model.bytes;
    return bytes;
  }

  health(): Health {
    const problems: string[] = [];
    let waiting = !this.#started;
    for (const model of this.#models.values()) {
      if (model.problem !== null) problems.push(model.problem);
      waiting ||= model.waiting && this.#warming.get(model.name) === undefined;
    }
    const reasons = this.#outage === null ? problems : [this.#outage, ...problems];
    if (waiting) return { status: 'starting', reasons };
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

  /** Several first requests share one load. */
  #warm(model: FollowedModel): Promise<void> {
    let warming = this.#warming.get(model.name);
    if (warming === undefined) {
      warming = model
        .warm()
        .catch((error: unknown) => {
          model.cool();
          throw new HttpError(503, `model "${model.name}" cannot be loaded now: ${messageOf(error)}`, { cause: error });
        })
        .finally(() => this.#warming.delete(model.name));
      this.#warming.set(model.name, warming);
    }
    return warming;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#tick = this.#poll().finally(() => {
          this.#schedule();
        });
      },
      this.#ports.settings.follow * (0.8 + 0.4 * Math.random()),
    );
  }

  async #poll(): Promise<void> {
    try {
      await this.#list(modelsEveryMs);
      await Promise.all([...this.#models.values()].filter(({ hot }) => hot).map((model) => model.poll()));
      if (this.#outage !== null) this.#ports.report('the store answers again');
      this.#outage = null;
      this.#started = true;
    } catch (error) {
      this.#lost(error);
    }
  }

  #lost(error: unknown): void {
    const outage = `the store does not answer, the last known deployment is served: ${messageOf(error)}`;
    if (this.#outage === null) this.#ports.report(outage);
    this.#outage = outage;
  }

  /** Reads the list of models unless it is younger than that. */
  async #list(olderThanMs: number): Promise<void> {
    if (performance.now() - this.#listedAt < olderThanMs) return;
    this.#listing ??= this.#listNow().finally(() => {
      this.#listing = null;
    });
    await this.#listing;
  }

  async #listNow(): Promise<void> {
    const names = await this.#ports.registry.models();
    const { hot } = this.#ports.settings.models;
    for (const name of names) {
      if (this.#models.has(name)) continue;
      const model = new FollowedModel(name, this.#ports, () => this.#makeRoom());
      model.hot = names.length <= hot;
      this.#models.set(name, model);
    }
    this.#listedAt = performance.now();
  }

  #makeRoom(): void {
    coolLeastAsked([...this.#models.values()], this.#ports.settings.models);
  }
}
