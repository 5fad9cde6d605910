import type { Tensor, LoadedModel } from '../ports/inference/port.ts';
import { blankFeeds } from './protocol/feeds.ts';

/** A version in memory. It is released once it is retired and the last request on it has ended. */
export class ServedVersion {
  readonly version: number;
  readonly loaded: LoadedModel;
  /** Shapes of the outputs, rows as -1; empty where the trial pass failed. */
  readonly outputShapes: Readonly<Record<string, readonly number[]>>;
  #inFlight = 0;
  #retired = false;
  #released: Promise<void> | null = null;

  private constructor(version: number, loaded: LoadedModel, outputShapes: Record<string, readonly number[]>) {
    this.version = version;
    this.loaded = loaded;
    this.outputShapes = outputShapes;
  }

  /** Runs blank rows first, so that the first request does not pay for what ONNX Runtime sets up lazily. */
  static async warm(version: number, loaded: LoadedModel): Promise<ServedVersion> {
    let shapes: Record<string, readonly number[]> = {};
    try {
      const outputs = await loaded.run(blankFeeds(loaded.signature));
      shapes = Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, [-1, ...shape.slice(1)]]));
      await loaded.run(blankFeeds(loaded.signature));
    } catch {
      // A blank row may be outside of what the model takes; that says nothing about real ones.
    }
    return new ServedVersion(version, loaded, shapes);
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    this.#inFlight += 1;
    try {
      return await this.loaded.run(feeds);
    } finally {
      this.#inFlight -= 1;
      if (this.#retired && this.#inFlight === 0) await this.#release();
    }
  }

  async retire(): Promise<void> {
    this.#retired = true;
    if (this.#inFlight === 0) await this.#release();
  }

  #release(): Promise<void> {
    this.#released ??= this.loaded.release();
    return this.#released;
  }
}
