import type { Config } from '../../config/schema.ts';

/** A model as far as room in memory is concerned. */
export interface Evictable {
  readonly hot: boolean;
  readonly inRelease: boolean;
  readonly askedAt: number;
  readonly bytes: number;
  cool(): void;
}

/**
 * Lets models go until they fit into `memory` and `hot`: the one that was asked least lately first, never the one that was
 * asked last, and never one that a release looks at.
 */
export function coolLeastAsked(models: readonly Evictable[], { memory, hot }: Config['gateway']['models']): void {
  const warm = models.filter((model) => model.hot).toSorted((a, b) => a.askedAt - b.askedAt);
  let count = warm.length;
  let bytes = warm.reduce((sum, model) => sum + model.bytes, 0);
  for (const model of warm.slice(0, -1)) {
    if (count <= hot && bytes <= memory) return;
    if (model.inRelease) continue;
    count -= 1;
    bytes -= model.bytes;
    model.cool();
  }
}
