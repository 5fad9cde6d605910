import { priorities, type Priority } from '../../config/gateway-schema.ts';
import type { Config } from '../../config/schema.ts';
import { HttpError } from '../http-error.ts';

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
 * much is let in as was answered in the last one, less what the queue holds above the target. High priority gets of that rate first, then
 * normal, then low. It ends when everybody fits in again.
 *
 * `maxInFlight` is a hard limit; the last tenth of it is for high priority alone, the one before for high and normal. `now` is in
 * milliseconds.
 */
export function createShedder(settings: Config['gateway']['shed'], now: () => number): Shedder {
  return new QueueShedder(settings, now);
}

/** Part of the measured capacity that is let in at least, and at most, while the queue is brought to its target. */
const [leastFlow, mostFlow] = [0.1, 1.25];

const rank: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

class QueueShedder implements Shedder {
  readonly #target: number;
  readonly #interval: number;
  readonly #now: () => number;
  readonly #mostInFlight: readonly number[];
  #inFlight = 0;
  #shedding = false;
  /** Since when all that were answered waited too long; null while they do not. */
  #slowSince: number | null = null;
  /** The interval that is being measured: when it began, the smallest wait, what was answered, what came by rank. */
  #began = 0;
  #smallest = Infinity;
  #answered = 0;
  readonly #came = [0, 0, 0];
  /** Answers per millisecond when there is always something to answer. */
  #capacity = 0;
  /** Part of what comes that is let in, by rank, and what of it is due. */
  readonly #admitted = [1, 1, 1];
  readonly #due = [0, 0, 0];

  constructor({ target, interval, maxInFlight }: Config['gateway']['shed'], now: () => number) {
    this.#target = target;
    this.#interval = interval;
    this.#now = now;
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
      this.#look(this.#now());
      this.#due[place]! += this.#admitted[place]!;
      if (this.#due[place]! < 1) throw overloaded(`requests wait longer than ${this.#target} ms`);
      this.#due[place]! -= 1;
    }
    this.#inFlight += 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    this.#answered += 1;
    // An empty queue is no standing queue, whatever the last one in it waited.
    if (this.#inFlight === 0) this.#slowSince = null;
  }

  waited(queueMs: number): void {
    if (this.#shedding) {
      if (queueMs < this.#smallest) this.#smallest = queueMs;
      return;
    }
    if (queueMs <= this.#target) {
      this.#slowSince = null;
      return;
    }
    const at = this.#now();
    if (this.#slowSince === null) {
      this.#slowSince = at;
      this.#measureFrom(at);
    }
    if (queueMs < this.#smallest) this.#smallest = queueMs;
    if (at - this.#slowSince < this.#interval) return;
    this.#shedding = true;
    this.#set(at);
  }

  /** While shedding: sets the flow anew after each interval. */
  #look(at: number): void {
    if (at - this.#began >= this.#interval) this.#set(at);
  }

  #set(at: number): void {
    const elapsed = at - this.#began;
    const flow = this.#answered / elapsed;
    // Nothing was answered: either all wait, and nothing is known, or nobody does.
    const idle = this.#inFlight === 0;
    let wait = idle ? 0 : this.#smallest;
    if (wait === Infinity) wait = this.#target;
    // The waits that were measured lag behind by themselves; what is in flight does not, but counts slow senders too.
    if (this.#capacity > 0 || flow > 0) wait = Math.min(wait, this.#inFlight / Math.max(flow, this.#capacity));
    this.#capacity = wait > this.#target && flow > 0 ? flow : Math.max(flow, this.#capacity);
    const correction = 1 + (this.#target - wait) / this.#interval;
    let left = this.#capacity * elapsed * Math.min(mostFlow, Math.max(leastFlow, correction));
    let all = true;
    for (let place = 0; place < this.#came.length; place++) {
      const came = this.#came[place]!;
      const part = came <= left ? 1 : left / came;
      left = Math.max(0, left - came);
      this.#admitted[place] = part;
      all &&= part === 1;
    }
    if (all) this.#end();
    this.#measureFrom(at);
  }

  #end(): void {
    this.#shedding = false;
    this.#slowSince = null;
    this.#capacity = 0;
    this.#admitted.fill(1);
    this.#due.fill(0);
  }

  #measureFrom(at: number): void {
    this.#began = at;
    this.#smallest = Infinity;
    this.#answered = 0;
    this.#came.fill(0);
  }
}

const overloaded = (why: string): HttpError =>
  new HttpError(503, `the gateway is overloaded: ${why}. Try again later`, { headers: { 'retry-after': '1' } });
