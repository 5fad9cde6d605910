import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { trainerSchema } from '../../contracts/model/trainer.ts';
import { openPorts } from '../../ports/open-ports.ts';
import { binary } from '../../test/support/classes.ts';
import type { Trained } from './peer.ts';
import type { Table } from './tables.ts';

/** Trains as a run does, in a process of its own, and without an early end. */
export async function trainByPort(
  { features, train, test }: Table,
  { trees, ...settings }: { readonly trees: number; readonly threads: number },
): Promise<Trained> {
  const config = loadConfig({ PAWL_PROJECT: packageRoot });
  const ports = openPorts(config, definitionLoaders(config));
  try {
    const before = performance.now();
    const { curve } = await ports.trainer.train(
      {
        settings: trainerSchema.parse({ kind: 'gbdt', maxDepth: 1_000, ...settings, trees, patience: trees }),
        seed: 1,
        features,
        train: train.frame,
        validation: test.frame,
        trainLabels: train.labels,
        validationLabels: test.labels,
        trainWeights: null,
        validationWeights: null,
        trainQueries: null,
        validationQueries: null,
        labelSpace: binary,
        threshold: 0.5,
        resume: null,
      },
      { signal: new AbortController().signal, onEpoch: async () => {} },
    );
    return { seconds: (performance.now() - before) / 1000, loss: curve.at(-1)!.validationLoss };
  } finally {
    await ports.close();
  }
}
