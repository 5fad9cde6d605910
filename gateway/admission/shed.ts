import { priorities, type Priority } from '../../config/gateway-schema.ts';
import type { Config } from '../../config/schema.ts';
import { HttpError } from '../call/http-error.ts';

export interface Shedder {
  /** Lets a request in; `leave` must follow once it is answered, however. Throws `HttpError` 503. */
  enter(priority: Priority): void;
  leave(): void;
  /** Tells how long a request waited for the model. */
  waited(queueMs: number): void;
  readonly inFlight: number;
  readonly shedding: boolean;
}

/**
 * Sheds load by how long requests wait. It begins as CoDel does (Nichols and Jacobson, 2012; RFC 8289): when all that were answered
 * in a whole `interval` waited longer than `target`, so that a burst, which a queue is there for, is let through. CoDel's law of
 * growing drops wants senders that slow down; clients do not. So the rate is set by Little's law instead: per interval as
 * much is let in as can be answered, less what the queue holds above the target. High priority gets of that rate first, then
 * normal, then low. It ends when everybody fits in again.
 *
 * `maxInFlight` is a hard limit; the last tenth of it is for high priority alone, the one before for high and normal.
 *
 * @param now Milliseconds.
 * @param loopLag Milliseconds that requests lay in their sockets before `enter`, which are added to what `waited` tells. @default none
 */
export function createShedder(
  settings: Config['gateway']['shed'],
  now: () => number,
  loopLag: () => number = () => 0,
): Shedder {
  return new QueueShedder(settings, now, loopLag);
}

/** Part of the measured capacity that is let in at least, and at most, while the queue is brought to its target. */
const [leastFlow, mostFlow] = [0.1, 1.25];

const rank: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

class QueueShedder implements Shedder {
  readonly #target: number;
  readonly #interval: number;
  readonly #now: () => number;
  readonly #loopLag: () => number;
  readonly #mostInFlight: readonly number[];
  #inFlight = 0;
  #shedding = false;
  /** Since when, and until when, all that were answered waited too long; null while they do not. */
  #slowSince: number | null = null;
  #slowUntil = 0;
  /** The interval that is being measured: when it began, the smallest waits, what was answered, what came by rank. */
  #began = 0;
  #smallestQueue = Infinity;
  #smallestLag = Infinity;
  #answered = 0;
  readonly #came = [0, 0, 0];
  /** Answers per millisecond when there is always something to answer. */
  #capacity = 0;
  /** Part of what comes that is let in, by rank, and what of it is due. */
  readonly #admitted = [1, 1, 1];
  readonly #due = [0, 0, 0];

  constructor({ target, interval, maxInFlight }: Config['gateway']['shed'], now: () => number, loopLag: () => number) {
    this.#target = target;
    this.#interval = interval;
    this.#now = now;
    this.#loopLag = loopLag;
    const reserve = Math.floor(maxInFlight / 10);
    this.#mostInFlight = priorities.map((_, place) => maxInFlight - place * reserve);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get shedding(): boolean {
    return this.#shedding;
  }

  enter(priority: Priority): void {
    const place = rank[priority];
    this.#came[place]! += 1;
    if (this.#inFlight >= this.#mostInFlight[place]!)
      throw overloaded(`${this.#inFlight} requests are in flight, as many as are allowed`);
    if (this.#shedding) {
      const at = this.#now();
      if (at - this.#began >= this.#interval) this.#adjust(at);
      this.#due[place]! += this.#admitted[place]!;
      if (this.#due[place]! < 1) throw overloaded(`requests wait longer than ${this.#target} ms`);
      this.#due[place]! -= 1;
    }
    this.#inFlight += 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    this.#answered += 1;
  }

  waited(queueMs: number): void {
    const lag = this.#loopLag();
    if (this.#shedding) {
      this.#sample(queueMs, lag);
      return;
    }
    if (queueMs + lag <= this.#target) {
      this.#slowSince = null;
      return;
    }
    const at = this.#now();
    // Slow answers with nothing between them are bursts, not one standing queue.
    const apart = at - queueMs - lag - this.#slowUntil > this.#interval / 2;
    if (this.#slowSince === null || apart) {
      this.#slowSince = at;
      this.#measureFrom(at);
    }
    this.#slowUntil = at;
    this.#sample(queueMs, lag);
    if (at - this.#slowSince >= this.#interval) {
      this.#shedding = true;
      this.#adjust(at);
    }
  }

  #sample(queueMs: number, lag: number): void {
    if (queueMs < this.#smallestQueue) this.#smallestQueue = queueMs;
    if (lag < this.#smallestLag) this.#smallestLag = lag;
  }

  /** Sets what is let in by what the last interval showed. */
  #adjust(at: number): void {
    if (this.#answered === 0 && this.#inFlight === 0) {
      this.#end(at);
      return;
    }
    const elapsed = at - this.#began;
    const flow = this.#answered / elapsed;
    const wait = this.#standingWait(flow);
    const correction =
      wait < this.#target / 4 ? mostFlow : Math.max(leastFlow, 1 + (this.#target - wait) / this.#interval);
    // At least one, to learn from.
    let left = Math.max(1, this.#capacity * elapsed * correction);
    let all = true;
    for (let place = 0; place < this.#came.length; place++) {
      const came = this.#came[place]!;
      const part = came <= left ? 1 : left / came;
      left = Math.max(0, left - came);
      this.#admitted[place] = part;
      all &&= part === 1;
    }
    if (all) this.#end(at);
    else this.#measureFrom(at);
  }

  /** Wait of the shortest kind in the last interval; updates the capacity, which shows only while something waits. */
  #standingWait(flow: number): number {
    if (this.#smallestQueue === Infinity) return this.#target;
    // Waits are known only when they are over; what is in flight is known now, but counts slow senders too.
    const best = Math.max(flow, this.#capacity);
    const queue = Math.min(this.#smallestQueue, best > 0 ? this.#inFlight / best : Infinity);
    this.#capacity = queue > this.#target && flow > 0 ? flow : best;
    return queue + this.#smallestLag;
  }

  #end(at: number): void {
    this.#shedding = false;
    this.#slowSince = null;
    this.#capacity = 0;
    this.#admitted.fill(1);
    this.#due.fill(0);
    this.#measureFrom(at);
  }

  #measureFrom(at: number): void {
    this.#began = at;
    this.#smallestQueue = Infinity;
    this.#smallestLag = Infinity;
    this.#answered = 0;
    this.#came.fill(0);
  }
}

const overloaded = (why: string): HttpError =>
  new HttpError(503, `the gateway is overloaded: ${why}. Try again later`, { headers: { 'retry-after': '1' } });
