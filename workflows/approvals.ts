import type { Command } from '../contracts/run/approval.ts';

/** Who wants the release to go on, until enough different people do, or until what they saw has changed. */
export class Approvals {
  private readonly people: Set<string>;
  /** What they saw. */
  private standing: string | null;

  constructor(people: readonly string[] = [], standing: string | null = null) {
    this.people = new Set(people);
    this.standing = standing;
  }

  /** Adds one; true once there are `needed`. */
  add({ by }: Pick<Command, 'by'>, standing: string | null, needed: number): boolean {
    this.voidUnless(standing);
    this.standing = standing;
    this.people.add(by);
    return this.people.size >= needed;
  }

  /** Forgets who approved of something else. */
  voidUnless(standing: string | null): void {
    if (standing !== this.standing) this.people.clear();
  }

  clear(): void {
    this.people.clear();
  }

  get names(): string[] {
    return [...this.people];
  }
}
