import { mergeSnapshots, type ProcessSnapshot } from '../metrics/merge.ts';
import type { MetricsSnapshot } from '../metrics/snapshot.ts';

/** A process that can be asked what it counts. */
export interface Counted {
  readonly name: string;
  /** False where it cannot be asked now. */
  ask(id: number): boolean;
}

/** How long a process may take to say what it counts. */
const patienceMs = 2_000;

const sums = (snapshot: MetricsSnapshot): MetricsSnapshot => snapshot.filter(({ scope }) => scope === 'sum');

/**
 * Asks several processes what they count. A counter never goes back because one of them died or did not answer: what
 * it last said stays in the sum, or whoever computes a rate would take the whole sum for an increase.
 */
export class Collector {
  readonly #waiting = new Map<number, (snapshot: MetricsSnapshot) => void>();
  /** What each process said last. */
  readonly #last = new Map<string, MetricsSnapshot>();
  /** By the same name: what processes counted that ended. */
  readonly #ended = new Map<string, MetricsSnapshot>();
  #asked = 0;

  /** Takes the answer of the process of that name. */
  counted(name: string, id: number, snapshot: MetricsSnapshot): void {
    this.#last.set(name, snapshot);
    this.#waiting.get(id)?.(snapshot);
  }

  /** To be said when a process has ended: the next one of that name counts from zero. */
  ended(name: string): void {
    const last = this.#last.get(name);
    if (last === undefined) return;
    this.#last.delete(name);
    const before = this.#ended.get(name) ?? [];
    this.#ended.set(
      name,
      mergeSnapshots([
        { process: name, snapshot: before },
        { process: name, snapshot: sums(last) },
      ]),
    );
  }

  /** What they count, and how many of them answered. */
  async collect(processes: readonly Counted[]): Promise<{ snapshots: ProcessSnapshot[]; answered: number }> {
    const answers = await Promise.all(processes.map((one) => this.#ask(one)));
    const snapshots: ProcessSnapshot[] = [];
    processes.forEach(({ name }, i) => {
      const snapshot = answers[i] ?? sums(this.#last.get(name) ?? []);
      snapshots.push({ process: name, snapshot });
      const ended = this.#ended.get(name);
      if (ended !== undefined) snapshots.push({ process: name, snapshot: ended });
    });
    return { snapshots, answered: answers.filter((answer) => answer !== null).length };
  }

  async #ask(one: Counted): Promise<MetricsSnapshot | null> {
    const id = this.#asked++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        timer = setTimeout(() => resolve(null), patienceMs);
        if (!one.ask(id)) resolve(null);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }
}
