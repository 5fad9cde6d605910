import type { Signature } from '../contracts/data/tensor.ts';

/** Ends in another turn of the event loop: what is large is worked on in slices, with others' requests between them. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Values that are read, logged or written in one turn of the event loop. */
export const valuesPerTurn = 2_000;

/** Whether so many rows of a model take a turn for each thing that is done with them. */
export const isLong = (rows: number, { inputs }: Signature): boolean => rows * inputs.length > valuesPerTurn;

/** Rows of a model that are written in one turn. */
export const rowsPerTurn = (columns: number): number => Math.max(1, Math.floor(valuesPerTurn / Math.max(1, columns)));

/** What work gives that pauses after as much as one turn may take: a promise where it does. */
export function inTurns<T>(work: Generator<void, T>): T | Promise<T> {
  const step = work.next();
  return step.done === true ? step.value : laterTurns(work);
}

async function laterTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
