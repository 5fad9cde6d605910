/** One line of a bench: ours against a named peer, measured in the same run. */
export interface BenchRow {
  readonly work: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  readonly unit: string;
  /** `ours / peer`. */
  readonly ratio: number | null;
  readonly goal: string | null;
  readonly holds: boolean | null;
}

/** A figure without a peer or a goal. */
export const figure = (work: string, ours: number, unit: string): BenchRow => ({
  work,
  ours,
  unit,
  peer: null,
  peerName: null,
  ratio: null,
  goal: null,
  holds: null,
});
