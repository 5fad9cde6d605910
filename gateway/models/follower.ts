import type { Deployment } from '../../contracts/release/deployment.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import type { Judged } from '../guard/judged-canary.ts';
import { HttpError, notFound, unavailable } from '../call/http-error.ts';
import { messageOf, publicMessageOf, withoutPaths } from '../warnings.ts';
import { coolLeastAsked } from './evict.ts';
import { FollowedModel, type Serving } from './followed-model.ts';
import type { EnginePorts } from './load-version.ts';
import { ModelList } from './model-list.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import { withTimeout } from './with-timeout.ts';

export interface Health {
  /** `degraded` serves by the last record that it could read. */
  readonly status: 'starting' | 'ready' | 'degraded';
  readonly reasons: readonly string[];
}

/** An unknown name asks for the list of models, but no more often than this. */
const listAtOnceMs = 100;

/** How long a request waits for a model that is being loaded. */
const longestWaitMs = 20_000;

/**
 * Follows the deployment records of the models in memory, every `follow` with a jitter of a fifth. Where more models are listed than
 * may be in memory, those begin that changed last, and each other is loaded by its first request.
 */
export class Follower {
  readonly #ports: EnginePorts;
  readonly #models = new Map<string, FollowedModel>();
  readonly #warming = new Map<string, Promise<Serving | null>>();
  readonly #list: ModelList;
  #timer: NodeJS.Timeout | undefined;
  #tick: Promise<void> = Promise.resolve();
  #outage: string | null = null;
  #started = false;
  #stopped = false;
  #onRecord: (record: Deployment) => void = () => undefined;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    this.#list = new ModelList(ports, (name, hot) => {
      const model = new FollowedModel(name, ports, () => this.#makeRoom());
      model.hot = hot;
      this.#models.set(name, model);
    });
  }

  /** Ends when the records were read once and what they need was loaded, or could not be. */
  async start(): Promise<void> {
    await this.#poll();
    await Promise.all([...this.#models.values()].map((model) => model.settled()));
    this.#schedule();
  }

  /** Calls back with each model's record as the store had it, whenever the records were read. */
  watch(onRecord: (record: Deployment) => void): void {
    this.#onRecord = onRecord;
  }

  /** Applies a record that was just written, without waiting for the next reading. */
  learn(record: Deployment): void {
    this.#models.get(record.model)?.learn(record);
  }

  /** Sends a canary nothing more, for as long as the record names the same one of the same release. */
  takeOut(judged: Pick<Judged, 'model' | 'identity'>): void {
    this.#models.get(judged.model)?.takeOut(judged);
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

  /** Ends when the version was loaded, or could not be; null where it is not being loaded. */
  loading(name: string, version: number): Promise<void> | null {
    return this.#models.get(name)?.loading(version) ?? null;
  }

  /**
   * Loads a model that is not in memory; several first requests share one load. Throws `HttpError` 404 for one that there is not, 503
   * where none of its versions serves, or not soon enough.
   */
  async ensure(name: string): Promise<Serving> {
    if (!this.#models.has(name)) await this.#list.read(listAtOnceMs).catch((error: unknown) => this.#lost(error));
    const model = this.#models.get(name);
    if (model === undefined)
      throw notFound(`there is no model "${shownText(name)}": known are ${shownNames(this.#models.keys()) || 'none'}`);
    model.askedAt = performance.now();
    const isThere = model.hot && !model.arriving && !this.#warming.has(name);
    const serving = isThere ? model.serving : await this.#warm(model);
    if (serving !== null) return serving;
    const why = model.refusal ?? model.problem;
    if (why !== null) throw unavailable(withoutPaths(why));
    throw unavailable(`model "${name}" has no version in service yet`);
  }

  /** Keeps a request to warm the model's next version up with. */
  remember(name: string, feeds: Feeds): void {
    this.#models.get(name)?.recent.remember(feeds);
  }

  /** Whether every version in memory answers while the prediction log takes nothing. */
  servesUnlogged(): boolean {
    const policies = [...this.#models.values()].flatMap(({ serving }) =>
      [...(serving?.versions.values() ?? [])].map(({ policy }) => policy),
    );
    return policies.length > 0 && policies.every(({ unlogged }) => unlogged === 'serve');
  }

  /** Bytes of the model files in memory. */
  loadedBytes(): number {
    let bytes = 0;
    for (const model of this.#models.values()) bytes += model.bytes;
    return bytes;
  }

  /** Models whose record in the store is not what Pawl wrote, and is not followed. */
  refused(): string[] {
    return [...this.#models.values()].flatMap(({ name, refusal }) => (refusal === null ? [] : [name]));
  }

  health(): Health {
    const problems: string[] = [];
    let waiting = !this.#started;
    for (const model of this.#models.values()) {
      problems.push(...[model.refusal, model.problem].filter((problem) => problem !== null));
      if (model.history !== null)
        problems.push(`the history of the deployment record of "${model.name}" was changed: ${model.history}`);
      waiting ||= model.waiting && !this.#warming.has(model.name);
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

  async #warm(model: FollowedModel): Promise<Serving | null> {
    let warming = this.#warming.get(model.name);
    if (warming === undefined) {
      warming = model
        .warm()
        .catch((error: unknown) => {
          model.cool();
          throw new HttpError(503, `model "${model.name}" cannot be loaded now: ${publicMessageOf(error)}`, {
            cause: error,
          });
        })
        .finally(() => this.#warming.delete(model.name));
      this.#warming.set(model.name, warming);
    }
    model.awaited += 1;
    try {
      const late = new HttpError(503, `model "${model.name}" is still being loaded`, {
        headers: { 'retry-after': '1' },
      });
      return await withTimeout(longestWaitMs, warming, late);
    } finally {
      model.awaited -= 1;
      // Those who waited ask first.
      if (model.awaited === 0) setImmediate(() => this.#makeRoom());
    }
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

  /** A record that cannot be read does not keep the others from being followed. */
  async #poll(): Promise<void> {
    const failures: unknown[] = [];
    const failed = (error: unknown): void => void failures.push(error);
    await this.#list.read(this.#ports.settings.follow).catch(failed);
    const hot = [...this.#models.values()].filter((model) => model.hot);
    await Promise.all(hot.map((model) => model.poll().catch(failed)));
    for (const { record } of hot) if (record !== null) this.#onRecord(record);
    if (failures.length > 0) return this.#lost(failures[0]);
    if (this.#outage !== null) this.#ports.report('the store answers again');
    this.#outage = null;
    this.#started = true;
  }

  #lost(error: unknown): void {
    const outage = `the store does not answer, the last known deployment is served: ${messageOf(error)}`;
    if (this.#outage === null) this.#ports.report(outage);
    this.#outage = outage;
  }

  #makeRoom(): void {
    coolLeastAsked([...this.#models.values()], this.#ports.settings.models);
  }
}
