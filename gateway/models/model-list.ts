import { chooseLoaded } from './choose-loaded.ts';
import type { EnginePorts } from './load-version.ts';

/** A listing may take this part of the time at most: a store of many models is listed more rarely. */
const share = 0.02;

/** The models that the registry knows, each told once. */
export class ModelList {
  readonly #ports: Pick<EnginePorts, 'registry' | 'settings'>;
  readonly #found: (name: string, hot: boolean) => void;
  readonly #known = new Set<string>();
  #readAt = -Infinity;
  #tookMs = 0;
  #reading: Promise<void> | null = null;

  /** `found` is told of each model, and whether it must be in memory before a request asks for it. */
  constructor(ports: Pick<EnginePorts, 'registry' | 'settings'>, found: (name: string, hot: boolean) => void) {
    this.#ports = ports;
    this.#found = found;
  }

  /** Reads the list unless it is younger than `ms`, or than 50 times as long as reading it took. */
  async read(ms: number): Promise<void> {
    if (performance.now() - this.#readAt < Math.max(ms, this.#tookMs / share)) return;
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #readNow(): Promise<void> {
    const { registry, settings } = this.#ports;
    const { hot: most } = settings.models;
    const begun = performance.now();
    const names = await registry.models();
    const first = this.#known.size === 0;
    const fresh = names.filter((name) => !this.#known.has(name));
    this.#readAt = performance.now();
    this.#tookMs = this.#readAt - begun;
    const hot = names.length <= most ? new Set(names) : first ? await chooseLoaded(registry, names, most) : null;
    for (const name of fresh) {
      this.#known.add(name);
      this.#found(name, hot?.has(name) ?? false);
    }
  }
}
