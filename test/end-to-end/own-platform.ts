import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitionLoaders } from '../../config/load-definitions.ts';
import type { Config } from '../../config/schema.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { startPlatform, type Platform } from '../../workers/supervise.ts';
import { temporaryConfig } from '../support/temporal.ts';

/** The whole platform on a project in a folder of its own. */
export interface OwnPlatform {
  readonly config: Config;
  readonly platform: Platform;
  readonly ports: OpenedPorts;
  /** With it, `pawl` finds the platform. */
  readonly env: NodeJS.ProcessEnv;
  readonly project: string;
  /** What the supervisor said. */
  readonly said: string[];
  /** Registers what `stop` undoes first. */
  onStop(undo: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

export async function openPlatform(writeProject: (folder: string) => Promise<void>): Promise<OwnPlatform> {
  const project = await mkdtemp(join(tmpdir(), 'pawl-project-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(project, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
  };
  try {
    await writeProject(project);
    const { config, env, remove } = await temporaryConfig({ PAWL_PROJECT: project });
    undo.push(remove);
    const said: string[] = [];
    const platform = await startPlatform(config, { env, log: (text) => said.push(text) });
    undo.push(() => platform.stop());
    const ports = openPorts({ ...config, address: platform.addresses.temporal }, definitionLoaders(config));
    undo.push(() => ports.close());
    return { config, platform, ports, env, project, said, onStop: (one) => void undo.push(one), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
