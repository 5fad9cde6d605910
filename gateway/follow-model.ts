import type { Deployment } from '../contracts/deployment.ts';
import type { ArtifactStore, PointerToken } from '../ports/artifact-store/port.ts';
import type { InferenceEngine } from '../ports/inference/port.ts';
import type { Registry } from '../ports/registry/port.ts';
import { messageOf, type Report } from './report.ts';
import { ServedVersion } from './served-version.ts';

export interface FollowPorts {
  readonly store: Pick<ArtifactStore, 'getBlob'>;
  readonly registry: Registry;
  readonly inference: InferenceEngine;
  readonly report: Report;
}

/** The deployment record in force and the versions in memory; replaced as one. */
export interface Serving {
  readonly record: Deployment;
  readonly versions: ReadonlyMap<number, ServedVersion>;
}

/**
 * Follows one model's deployment record. A record is applied once the versions that answer under it (champion, canary)
 * are in memory; a rollback never waits for a download that the record before it had begun.
 */
export class FollowedModel {
  readonly name: string;
  serving: Serving | null = null;
  /** Why the newest record is not in force; null when it is. */
  problem: string | null = null;
  readonly #ports: FollowPorts;
  readonly #versions = new Map<number, ServedVersion>();
  readonly #loading = new Map<number, Promise<void>>();
  readonly #failedAt = new Map<number, number>();
  #target: Deployment | null = null;
  #token: PointerToken | undefined;
  #closed = false;

  constructor(name: string, ports: FollowPorts) {
    this.name = name;
    this.#ports = ports;
  }

  /** There is a champion, and nothing could be served yet. */
  get waiting(): boolean {
    return this.serving === null && this.#target !== null && this.#target.champion !== null;
  }

  /** Reads the record; throws where the store cannot be reached. */
  async poll(): Promise<void> {
    const found = await this.#ports.registry.deployment(this.name, this.#token);
    if (found === null && this.#target !== null)
      throw new Error(`the deployment record of "${this.name}" is gone from the store`);
    if (found !== 'unchanged' && found !== null) {
      this.#token = found.token;
      this.#target = found.record;
    }
    this.#strive();
  }

  /** Loads what the target needs and applies it when that is there. */
  #strive(): void {
    const target = this.#target;
    if (target === null || this.#closed) return;
    const required = [target.champion, target.canary?.version].filter((version) => typeof version === 'number');
    const wanted = new Set([...required, target.shadow?.version, target.previous].filter((v) => typeof v === 'number'));
    if (this.serving?.record.seq !== target.seq && required.every((version) => this.#versions.has(version))) {
      const optional = [...wanted].filter((version) => !required.includes(version) && this.#loading.has(version));
      // The first record waits for all its versions; later ones for those that answer, so that a way back is never slow.
      if (this.serving !== null || optional.length === 0) this.#apply(target);
    }
    for (const version of wanted) if (!this.#versions.has(version)) this.#load(version);
    if (this.serving?.record.seq === target.seq) this.#publish(target, wanted);
  }

  #apply(target: Deployment): void {
    this.serving = { record: target, versions: new Map(this.#versions) };
    this.problem = null;
  }

  /** Shows versions that came after the record was applied, and lets go of those that it does not name. */
  #publish(target: Deployment, wanted: ReadonlySet<number>): void {
    for (const [version, served] of this.#versions) {
      if (wanted.has(version)) continue;
      this.#versions.delete(version);
      served.retire().catch((error: unknown) => {
        this.#ports.report(`${this.name}@${version} could not be released: ${messageOf(error)}`);
      });
    }
    this.serving = { record: target, versions: new Map(this.#versions) };
    if ([...wanted].every((version) => this.#versions.has(version))) this.problem = null;
  }

  #load(version: number): void {
    const failedAt = this.#failedAt.get(version) ?? 0;
    if (this.#loading.has(version) || Date.now() - failedAt < 1_000) return;
    const loading = this.#loadNow(version)
      .then((served) => {
        this.#failedAt.delete(version);
        if (this.#closed) return served.retire();
        this.#versions.set(version, served);
      })
      .catch((error: unknown) => {
        this.#failedAt.set(version, Date.now());
        const problem = `${this.name}@${version} could not be loaded: ${messageOf(error)}`;
        if (this.problem !== problem) this.#ports.report(problem);
        this.problem = problem;
      })
      .finally(() => {
        this.#loading.delete(version);
        this.#strive();
      });
    this.#loading.set(version, loading);
  }

  async #loadNow(version: number): Promise<ServedVersion> {
    const { candidate } = await this.#ports.registry.version(this.name, version);
    const bytes = await this.#ports.store.getBlob(candidate.model);
    return ServedVersion.warm(version, await this.#ports.inference.load(bytes));
  }

  /** Ends when nothing is being loaded; what could not be loaded stands in `problem`. */
  async settled(): Promise<void> {
    while (this.#loading.size > 0) await Promise.all(this.#loading.values());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    await Promise.all([...this.#versions.values()].map((served) => served.retire()));
    this.#versions.clear();
  }
}
