import type { Config } from '../../config/schema.ts';

/** A model as far as room in memory is concerned. */
export interface Evictable {
  readonly hot: boolean;
  /** Must stay. */
  readonly pinned: boolean;
  readonly askedAt: number;
  /** Of the model files of its versions in memory. */
  readonly bytes: number;
  cool(): void;
}

/** Memory that a session takes per byte of its model file: 1.8 to 2.2 measured at 127 MB, as ONNX Runtime packs weights again. */
export const memoryPerByte = 2;

/**
 * Lets models go until they fit into `memory` and `hot`: the one that was asked least lately first, never the one that was
 * asked last, and never one that is pinned.
 */
export function coolLeastAsked(
  models: readonly Evictable[],
  { memory, hot }: Pick<Config['gateway']['models'], 'memory' | 'hot'>,
): void {
  const warm = models.filter((model) => model.hot).toSorted((a, b) => a.askedAt - b.askedAt);
  let count = warm.length;
  let bytes = warm.reduce((sum, model) => sum + model.bytes, 0);
  for (const model of warm.slice(0, -1)) {
    if (count <= hot && bytes * memoryPerByte <= memory) return;
    if (model.pinned) continue;
    count -= 1;
    bytes -= model.bytes;
    model.cool();
  }
}
