import { binary } from '../support/classes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { ReleaseWindow } from '../../policy/release/observe/release-window.ts';
import type { LogStore } from '../../ports/prediction-log/segment-index.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import { since } from './log-entries.ts';
import { storeOfSegments } from './log-segments.ts';

type Segments = readonly (readonly LogEntry[])[];

/** Of the release whose entries `prediction` and `mirror` make. */
export const releaseWindow: ReleaseWindow = {
  model: 'tiny',
  release: 'release/tiny/1',
  champion: 1,
  canary: 2,
  since,
  stepSince: since,
  bakeStarts: [],
  skip: [],
  matureBefore: Infinity,
  slowMs: 50,
  labelSpace: binary,
};

/** Logs of a release, each in a store of its own in a folder that is gone after the test. */
export function useReleaseLogs(always: Partial<ReleaseWindow> = {}): {
  /** What is observed where nothing else is said. */
  readonly window: ReleaseWindow;
  readonly storeOf: (segments: Segments) => Promise<LogStore>;
  readonly observe: (more: Partial<ReleaseWindow>, ...segments: Segments) => Promise<ReleaseObservation>;
} {
  const window = { ...releaseWindow, ...always };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-log-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const storeOf = (segments: Segments): Promise<LogStore> => storeOfSegments(folder, segments);
  const observe = async (more: Partial<ReleaseWindow>, ...segments: Segments): Promise<ReleaseObservation> =>
    createPredictionLog({ store: await storeOf(segments) }).observe({ ...window, ...more });
  return { window, storeOf, observe };
}
