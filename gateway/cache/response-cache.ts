import type { Tensor, TensorData } from '../../contracts/data/tensor.ts';

type Outputs = Readonly<Record<string, Tensor>>;

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Answers that made room for others; not those that grew too old. */
  readonly evictions: number;
  readonly entries: number;
  /** Estimate of the memory that keys and answers take. */
  readonly bytes: number;
}

export interface ResponseCache {
  get(key: string): Outputs | undefined;
  /** Forgets what was asked least lately where the room does not suffice; keeps nothing that is larger than the whole room. */
  set(key: string, outputs: Outputs): void;
  stats(): CacheStats;
}

export interface ResponseCacheOptions {
  readonly bytes: number;
  /** An answer is given for this long after it was computed, however often it is asked. */
  readonly ttlMs: number;
  readonly now: () => number;
}

interface Entry {
  readonly outputs: Outputs;
  readonly bytes: number;
  readonly until: number;
}

/** Keeps the answers of one version by `requestKey`. */
export function createResponseCache({ bytes: room, ttlMs, now }: ResponseCacheOptions): ResponseCache {
  // Iterates in the order of use: a hit puts its entry last.
  const entries = new Map<string, Entry>();
  let [hits, misses, evictions, bytes] = [0, 0, 0, 0];
  const forget = (key: string, entry: Entry): void => {
    entries.delete(key);
    bytes -= entry.bytes;
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry !== undefined && now() < entry.until) {
        hits += 1;
        entries.delete(key);
        entries.set(key, entry);
        return entry.outputs;
      }
      if (entry !== undefined) forget(key, entry);
      misses += 1;
      return undefined;
    },
    set(key, outputs) {
      const known = entries.get(key);
      if (known !== undefined) forget(key, known);
      const size = entryBytes + key.length + sizeOfOutputs(outputs);
      if (size > room) return;
      for (const [oldest, entry] of entries) {
        if (bytes + size <= room) break;
        forget(oldest, entry);
        evictions += 1;
      }
      entries.set(key, { outputs: ownedOutputs(outputs), bytes: size, until: now() + ttlMs });
      bytes += size;
    },
    stats: () => ({ hits, misses, evictions, entries: entries.size, bytes }),
  };
}

/** Of an entry, and of a tensor in it, beside their values: objects, map slot, buffer header. */
const entryBytes = 200;
const tensorBytes = 250;

function sizeOfOutputs(outputs: Outputs): number {
  let size = 0;
  for (const name in outputs) {
    const { data } = outputs[name]!;
    size += tensorBytes;
    if (ArrayBuffer.isView(data)) size += data.byteLength;
    else for (const text of data) size += 24 + 2 * text.length;
  }
  return size;
}

/** The part of a batch that is one request's answer must not keep the whole batch in memory. */
function ownedOutputs(outputs: Outputs): Outputs {
  const owned: Record<string, Tensor> = {};
  for (const name in outputs) {
    const tensor = outputs[name]!;
    owned[name] = { type: tensor.type, shape: tensor.shape, data: ownedData(tensor.data) };
  }
  return owned;
}

const ownedData = (data: TensorData): TensorData =>
  ArrayBuffer.isView(data) && data.buffer.byteLength === data.byteLength ? data : data.slice();
