import type { Command } from '../contracts/run/approval.ts';

/** Who wants the release to go on, until enough different people do, or until what they saw has changed. */
export class Approvals {
  private readonly people: Set<string>;
  /** What they saw. */
  private fingerprint: string | null;

  constructor(people: readonly string[] = [], fingerprint: string | null = null) {
    this.people = new Set(people);
    this.fingerprint = fingerprint;
  }

  /** Adds one; true once there are `needed`. */
  add({ by }: Pick<Command, 'by'>, fingerprint: string | null, needed: number): boolean {
    this.voidUnless(fingerprint);
    this.fingerprint = fingerprint;
    this.people.add(by);
    return this.people.size >= needed;
  }

  /** Forgets who approved of something else. */
  voidUnless(fingerprint: string | null): void {
    if (fingerprint !== this.fingerprint) this.people.clear();
  }

  clear(): void {
    this.people.clear();
  }

  get names(): string[] {
    return [...this.people];
  }
}
