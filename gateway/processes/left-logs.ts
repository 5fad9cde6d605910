import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { PredictionSpool } from '../log/prediction-spool.ts';
import { messageOf, type Report } from '../report.ts';
import { namesOf } from './names.ts';

export interface LeftLogsOptions {
  readonly config: Pick<Config, 'home' | 'gateway'>;
  readonly store: ArtifactStore;
  readonly sealer: SegmentSealer;
  /** Name of the gateway, and how many serving processes it has now. */
  readonly instance: string;
  readonly processes: number;
  readonly report: Report;
}

const patienceMs = 60_000;

/**
 * Hands over what serving processes left on disk that this gateway had when it was started with another number of them: nobody
 * else has their names now. One that runs is let be.
 */
export async function handOverLeftLogs(options: LeftLogsOptions): Promise<void> {
  const { config, instance, processes, report } = options;
  const folder = join(config.home, 'gateway');
  const now = new Set(namesOf(instance, processes));
  for (const name of await readdir(folder).catch(() => [])) {
    const isOurs =
      name === instance || (name.startsWith(`${instance}-`) && /^\d+$/.test(name.slice(instance.length + 1)));
    if (!isOurs || now.has(name) || !(await hasSegments(join(folder, name)))) continue;
    try {
      const spool = await PredictionSpool.open({ ...options, instance: name });
      await spool.close(patienceMs);
    } catch (error) {
      report(`the prediction log that ${name} left was not handed over: ${messageOf(error)}`);
    }
  }
}

/** An instance's folder holds its lock, and folders of segments by model. */
async function hasSegments(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isFile() && entry.parentPath !== folder);
}
