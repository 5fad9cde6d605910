import type { Feeds } from '../../contracts/data/tensor.ts';

/** Requests that are kept per model, and of how many rows at most. */
const kept = 4;
const mostRows = 16;
/** One request in so many is looked at, the first ones apart. */
const every = 64;

/** Some of the latest requests of a model: real rows to warm its next version up with. */
export class RecentFeeds {
  readonly #feeds: Feeds[] = [];
  #seen = 0;
  #next = 0;

  remember(feeds: Feeds): void {
    if (this.#seen++ % every !== 0 && this.#feeds.length === kept) return;
    for (const name in feeds) if ((feeds[name]?.shape[0] ?? 1) > mostRows) return;
    this.#feeds[this.#next++ % kept] = feeds;
  }

  all(): readonly Feeds[] {
    return this.#feeds;
  }
}
