import { fileURLToPath } from 'node:url';
import type { Gateway } from '../../gateway/gateway.ts';
import { runCommand } from '../support/command.ts';
import { createWorld, type World } from './harness.ts';
import { echoModel, fixedModel, matrixModel } from './models.ts';

/** A gateway that serves the models `echo`, `matrix` and `fixed`, which the client scripts ask. */
export async function createRestWorld(): Promise<{ world: World; gateway: Gateway }> {
  const world = await createWorld({ maxBodyBytes: 1_000_000 });
  for (const [model, bytes] of [
    ['echo', echoModel()],
    ['matrix', matrixModel()],
    ['fixed', fixedModel()],
  ] as const) {
    await world.addVersion(bytes, model);
    await world.deploy({ champion: 1 }, model);
  }
  return { world, gateway: await world.gateway() };
}

/** What failed in a client's script, by the name of the check; null is nothing. */
export async function runChecks(python: string, script: string, url: string): Promise<Record<string, string | null>> {
  const path = fileURLToPath(new URL(`clients/${script}`, import.meta.url));
  const { code, stdout, stderr } = await runCommand(python, ['-B', path, url]);
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, string | null>;
}
