/** Places in the memory by which threads wait for each other. */
const [turnAt, leftAt] = [0, 1];
/** Looks at the memory before a thread sleeps, some 50 us: a piece of work takes no longer, and to wake a thread does. */
const looks = 10_000;

export const turnMemory = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));

/** The leader's side: lets `others` threads take a turn while it does `own`, and returns when all are done. */
export function leadTurn(turns: Int32Array, others: number, own: () => void): void {
  Atomics.store(turns, leftAt, others);
  Atomics.add(turns, turnAt, 1);
  Atomics.notify(turns, turnAt);
  own();
  for (let left = others; left > 0; left = Atomics.load(turns, leftAt)) waitWhile(turns, leftAt, left);
}

/** A helper's side: does `own` in each turn. Never returns; what `own` throws ends it. */
export function takeTurns(turns: Int32Array, own: () => void): never {
  for (let turn = 0; ; turn++) {
    waitWhile(turns, turnAt, turn);
    own();
    if (Atomics.sub(turns, leftAt, 1) === 1) Atomics.notify(turns, leftAt);
  }
}

function waitWhile(memory: Int32Array, at: number, value: number): void {
  for (let look = 0; look < looks; look++) if (Atomics.load(memory, at) !== value) return;
  while (Atomics.load(memory, at) === value) Atomics.wait(memory, at, value);
}
