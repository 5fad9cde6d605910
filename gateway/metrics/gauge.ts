import type { Labels, Metric, Scope, ValueFamily } from './snapshot.ts';

type Read = () => readonly (readonly [Labels, number])[];

/** A value that is read when the metrics are. */
export class Gauge implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #read: Read;
  readonly #scope: Scope;

  constructor(name: string, help: string, read: Read, scope: Scope = 'process') {
    this.#name = name;
    this.#help = help;
    this.#read = read;
    this.#scope = scope;
  }

  snapshot(): ValueFamily {
    return family('gauge', this.#name, this.#help, this.#scope, this.#read);
  }
}

/** A number that only grows and that something else counts; `name` ends in `_total`. */
export class ReadCounter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #read: Read;
  readonly #scope: Scope;

  constructor(name: string, help: string, read: Read, scope: Scope = 'sum') {
    this.#name = name;
    this.#help = help;
    this.#read = read;
    this.#scope = scope;
  }

  snapshot(): ValueFamily {
    return family('counter', this.#name, this.#help, this.#scope, this.#read);
  }
}

const family = (kind: ValueFamily['kind'], name: string, help: string, scope: Scope, read: Read): ValueFamily => ({
  kind,
  name,
  help,
  scope,
  series: read().map(([labels, value]) => ({ labels, value })),
});
