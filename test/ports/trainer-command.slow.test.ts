import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { packageRoot } from '../../config/source-tree.ts';
import { trainerSchema, type TrainerSettings } from '../../contracts/model/trainer.ts';
import { openPorts } from '../../ports/open-ports.ts';
import type { Trainer } from '../../ports/trainer/port.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { loadConfig } from '../../config/load-config.ts';
import { networks, trainerSuite, type KindUnderTest } from '../contracts/trainer.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'pawl-command-'));
const config = loadConfig({ PAWL_PROJECT: folder, PAWL_HOME: join(folder, 'home') });
const ports = openPorts(config, definitionLoaders(config));
afterAll(async () => {
  await ports.close();
  rmSync(folder, { recursive: true, force: true });
});

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const files = [
  {
    path: 'train.mts',
    bytes: readFileSync(join(packageRoot, 'test/fixtures/training/program/train.mts')),
    executable: false,
  },
];

const programOf = (settings: TrainerSettings): TrainerSettings =>
  trainerSchema.parse({
    kind: 'command',
    folder: 'program',
    run: [process.execPath, '--import', tsx, 'train.mts'],
    parameters: { repository: packageRoot, settings },
  });

/** Hands the program over that a run would pin. */
const trainer: Trainer = {
  provider: () => ports.trainer.provider(),
  train: (job, hooks) =>
    ports.trainer.train({ ...job, program: { files, champion: null, adapt: async (model) => model } }, hooks),
};

const programs: KindUnderTest = {
  forms: networks.forms.map(([name, settings, parameters]) => [name, programOf(settings), parameters] as const),
  usual: programOf(networks.usual),
  short: programOf(networks.short),
  random: programOf(networks.random!),
  long: programOf(networks.long),
  hasty: networks.hasty.map(programOf),
  endless: programOf(networks.endless),
};

trainerSuite('a program of its own', trainer, programs);
