import type { Deployment } from '../../contracts/release/deployment.ts';
import type { PointerToken } from '../../ports/artifact-store/port.ts';
import { judgedUnder, withoutCanary, type Judged } from '../guard/judged-canary.ts';
import { messageOf } from '../warnings.ts';
import { stateDigest } from '../../ports/differences.ts';
import { brokenHistory, objectionToRecord } from './check-record.ts';
import { inRelease } from './choose-loaded.ts';
import { loadVersion, type EnginePorts } from './load-version.ts';
import { RecentFeeds } from './recent-feeds.ts';
import type { ServedVersion } from './served-version.ts';

/** The deployment record in force and the versions in memory; replaced as one. */
export interface Serving {
  readonly record: Deployment;
  readonly versions: ReadonlyMap<number, ServedVersion>;
}

/** Only the mirror asks it. */
const isShadow = (version: number, { champion, canary, shadow }: Deployment): boolean =>
  version === shadow?.version && version !== champion && version !== canary?.version;

/** How long a version that could not be loaded is left alone. */
const retryMs = 1_000;

/**
 * Follows one model's deployment record. A record is applied once the versions that answer under it (champion, canary)
 * are in memory; a rollback never waits for a download that the record before it had begun.
 */
export class FollowedModel {
  readonly name: string;
  /** `performance.now()` of the last request. */
  askedAt = 0;
  /** Its record is read with every tick and its versions are in memory; a cold one waits for its next request. */
  hot = false;
  /** Requests that wait for its versions. */
  awaited = 0;
  serving: Serving | null = null;
  /** Why the newest record is not in force; null when it is. */
  problem: string | null = null;
  /** Why the record in the store is not followed: it is not what Pawl wrote; null when it is. */
  refusal: string | null = null;
  /** What was changed in the record's earlier states, which nothing is served by; null where nothing was. */
  history: string | null = null;
  readonly recent = new RecentFeeds();
  readonly #ports: EnginePorts;
  readonly #onLoaded: () => void;
  readonly #versions = new Map<number, ServedVersion>();
  /** Loaded again elsewhere; they answer until the record that wants that is in force. */
  #superseded: ServedVersion[] = [];
  readonly #loading = new Map<number, Promise<void>>();
  readonly #failedAt = new Map<number, number>();
  #target: Deployment | null = null;
  #token: PointerToken | undefined;
  #takenOut: { readonly identity: string; readonly of: Deployment; readonly shown: Deployment } | null = null;
  #read = false;
  #refusedAt = -Infinity;
  readonly #approved = new Set<number>();
  #closed = false;

  constructor(name: string, ports: EnginePorts, onLoaded: () => void) {
    this.name = name;
    this.#ports = ports;
    this.#onLoaded = onLoaded;
  }

  /** There is a champion, and nothing could be served yet. */
  get waiting(): boolean {
    if (!this.hot || this.serving !== null) return false;
    return this.refusal !== null || (this.#target !== null && this.#target.champion !== null);
  }

  /** It is in memory by intention only: its record or its versions are still on their way. */
  get arriving(): boolean {
    const stopped = this.problem !== null || this.refusal !== null;
    return this.hot && this.serving === null && !stopped && (!this.#read || this.waiting);
  }

  /** Bytes of the versions in memory. */
  get bytes(): number {
    let bytes = 0;
    for (const served of this.#versions.values()) bytes += served.bytes;
    return bytes;
  }

  /** The record as it was last read; null before. */
  get record(): Deployment | null {
    return this.#target;
  }

  /** A release looks at it or a request waits for it, so it must stay in memory. */
  get pinned(): boolean {
    return this.awaited > 0 || (this.#target !== null && inRelease(this.#target));
  }

  /** Reads the record, and follows it where it is what Pawl wrote; throws where the store cannot be reached. */
  async poll(): Promise<void> {
    if (performance.now() - this.#refusedAt < retryMs) return this.#strive();
    const found = await this.#ports.registry.deployment(this.name, this.#token);
    this.#read = true;
    if (found === null && this.#target !== null)
      throw new Error(`the deployment record of "${this.name}" is gone from the store`);
    if (found === 'unchanged') this.#refuse(null);
    else if (found !== null) await this.#follow(found.record, found.token);
    this.#strive();
  }

  async #follow(record: Deployment, token: PointerToken): Promise<void> {
    const { registry, report } = this.#ports;
    const followed = this.#target;
    const objection = await objectionToRecord(registry, record, followed, this.#approved);
    if (followed === null && objection === null) {
      this.history = await brokenHistory(registry, record);
      if (this.history !== null)
        report(`the history of the deployment record of "${this.name}" was changed: ${this.history}`);
    }
    // A record that this process wrote meanwhile was learnt.
    if (this.#target !== followed) return;
    this.#refuse(
      objection === null
        ? null
        : `deployment record ${record.seq} of "${this.name}" is not followed: ${objection}. \`pawl verify ${this.name}\` names all that differs`,
    );
    if (objection !== null) return;
    this.#token = token;
    this.#target = record;
  }

  #refuse(refusal: string | null): void {
    if (refusal !== null && refusal !== this.refusal) this.#ports.report(refusal);
    this.refusal = refusal;
    this.#refusedAt = refusal === null ? -Infinity : performance.now();
  }

  /** Applies a record that was just written, where it follows the one in force; else the next reading looks at it. */
  learn(record: Deployment): void {
    if (this.#target === null || record.before !== stateDigest(this.#target)) return;
    this.#target = record;
    this.#token = undefined;
    this.#strive();
  }

  /** Sends the canary nothing more, for as long as the record names the same one of the same release. */
  takeOut({ identity }: Pick<Judged, 'identity'>): void {
    const target = this.#target;
    if (target === null || judgedUnder(target)?.identity !== identity) return;
    this.#takenOut = { identity, of: target, shown: withoutCanary(target) };
    this.#strive();
  }

  /** The record by which requests are answered. */
  #shown(target: Deployment): Deployment {
    const out = this.#takenOut;
    if (out === null || out.of === target) return out?.shown ?? target;
    if (judgedUnder(target)?.identity !== out.identity) return target;
    this.#takenOut = { ...out, of: target, shown: withoutCanary(target) };
    return this.#takenOut.shown;
  }

  /** Loads what the target needs and applies it when that is there. */
  #strive(): void {
    const target = this.#target;
    if (target === null || this.#closed || !this.hot) return;
    const required = [target.champion, target.canary?.version].filter((version) => typeof version === 'number');
    const wanted = new Set([...required, target.shadow?.version, target.previous].filter((v) => typeof v === 'number'));
    if (this.serving?.record.seq !== target.seq && required.every((version) => this.#isThere(version, target))) {
      const optional = [...wanted].filter((version) => !required.includes(version) && this.#loading.has(version));
      // The first record waits for all its versions; later ones for those that answer, so that a way back is never slow.
      if (this.serving !== null || optional.length === 0) this.#apply(target);
    }
    for (const version of wanted) if (!this.#isThere(version, target)) this.#load(version, isShadow(version, target));
    if (this.serving?.record.seq === target.seq) this.#publish(target, wanted);
    const shown = new Set(this.serving?.versions.values());
    for (const served of this.#superseded) if (!shown.has(served)) this.#letGo(served);
    this.#superseded = this.#superseded.filter((served) => shown.has(served));
  }

  /** In memory, and where it may answer whom the record has it answer. */
  #isThere(version: number, target: Deployment): boolean {
    const served = this.#versions.get(version);
    return served !== undefined && (!served.asShadow || isShadow(version, target));
  }

  #apply(target: Deployment): void {
    this.serving = { record: this.#shown(target), versions: new Map(this.#versions) };
    this.problem = null;
  }

  /** Shows versions that came after the record was applied, and lets go of those that it does not name. */
  #publish(target: Deployment, wanted: ReadonlySet<number>): void {
    const gone = [...this.#versions.values()].filter(({ version }) => !wanted.has(version));
    for (const served of gone) this.#letGo(served);
    const shown = this.serving?.versions;
    const record = this.#shown(target);
    const changed = [...this.#versions].some(([version, served]) => shown?.get(version) !== served);
    if (gone.length > 0 || changed || this.serving?.record !== record)
      this.serving = { record, versions: new Map(this.#versions) };
    if ([...wanted].every((version) => this.#isThere(version, target))) this.problem = null;
  }

  #letGo(served: ServedVersion): void {
    if (this.#versions.get(served.version) === served) this.#versions.delete(served.version);
    served.retire().catch((error: unknown) => {
      this.#ports.report(`${this.name}@${served.version} could not be released: ${messageOf(error)}`);
    });
  }

  #load(version: number, asShadow: boolean): void {
    const failedAt = this.#failedAt.get(version) ?? -Infinity;
    if (this.#loading.has(version) || performance.now() - failedAt < retryMs) return;
    const loading = loadVersion(this.#ports, this.name, version, this.recent.all(), asShadow)
      .then((served) => {
        this.#failedAt.delete(version);
        if (this.#closed || !this.hot) return served.retire();
        const before = this.#versions.get(version);
        this.#versions.set(version, served);
        if (before !== undefined) this.#superseded.push(before);
        this.#onLoaded();
      })
      .catch((error: unknown) => {
        this.#failedAt.set(version, performance.now());
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

  /** Ends when the version was loaded, or could not be; null where it is not being loaded. */
  loading(version: number): Promise<void> | null {
    return this.#loading.get(version) ?? null;
  }

  /** Reads the record and loads what it names; ends when the versions are in memory, or could not be loaded. */
  async warm(): Promise<Serving | null> {
    this.hot = true;
    await this.poll();
    await this.settled();
    return this.serving;
  }

  /** Lets the versions go until somebody asks again. */
  cool(): void {
    this.hot = false;
    this.serving = null;
    this.problem = null;
    this.#refuse(null);
    for (const served of [...this.#versions.values(), ...this.#superseded.splice(0)]) this.#letGo(served);
  }

  /** Ends when nothing is being loaded; `problem` says what could not be loaded. */
  async settled(): Promise<void> {
    while (this.#loading.size > 0) await Promise.all(this.#loading.values());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    await Promise.all([...this.#versions.values(), ...this.#superseded].map((served) => served.retire()));
    this.#versions.clear();
  }
}
