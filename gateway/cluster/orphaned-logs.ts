import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { PredictionSpool } from '../log/prediction-spool.ts';
import { messageOf, type Report } from '../warnings.ts';
import { namesOf } from './names.ts';

export interface OrphanedLogsOptions {
  readonly config: Pick<Config, 'home' | 'gateway'>;
  readonly store: ArtifactStore;
  readonly sealer: SegmentSealer;
  /** Name of the gateway, and how many serving processes it has now. */
  readonly instance: string;
  readonly processes: number;
  readonly report: Report;
}

const handOverMs = 60_000;
/** One that was told to end may still be at it. */
const attempts = 30;
const retryMs = 1_000;

/**
 * Hands over what serving processes left on disk that this gateway had when it was started with another number of them: nobody
 * else has their names now. One that still runs after half a minute is let be.
 */
export async function handOverOrphanedLogs({
  config,
  instance,
  processes,
  ...options
}: OrphanedLogsOptions): Promise<void> {
  const folder = join(config.home, 'gateway');
  const now = new Set(namesOf(instance, processes));
  const isOurs = (name: string): boolean =>
    name === instance || (name.startsWith(`${instance}-`) && /^\d+$/.test(name.slice(instance.length + 1)));
  for (const name of await readdir(folder).catch(() => []))
    if (isOurs(name) && !now.has(name) && (await hasSegments(join(folder, name))))
      await handOver({ config, ...options, instance: name });
}

async function handOver(options: Omit<OrphanedLogsOptions, 'processes'>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const spool = await PredictionSpool.open(options);
      return await spool.close(handOverMs);
    } catch (error) {
      if (attempt < attempts) {
        await delay(retryMs, undefined, { ref: false });
        continue;
      }
      return options.report(
        `the prediction log that ${options.instance} left was not handed over: ${messageOf(error)}`,
      );
    }
  }
}

/** An instance's folder holds its lock, and folders of segments by model. */
async function hasSegments(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isFile() && entry.parentPath !== folder);
}
