import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { patience } from '../support/patience.ts';

export interface QuickProject {
  /** Of the model and of its dataset. */
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  readonly columns: Readonly<Record<string, object>>;
  readonly target: string;
  /** Columns whose groups the release judges. @default none */
  readonly sensitive?: readonly string[];
  /** Changes of the model's definition. */
  readonly model: { readonly features: readonly string[]; readonly quality?: object; readonly [key: string]: unknown };
}

/** A project whose gates let everything pass, so that a release finds what is bad, and whose releases take seconds. */
export async function writeQuickProject(
  folder: string,
  { name, rows, columns, target, sensitive = [], model }: QuickProject,
): Promise<void> {
  const data = join(folder, 'datasets', name);
  await mkdir(data, { recursive: true });
  await mkdir(join(folder, 'models'), { recursive: true });
  const names = Object.keys(columns);
  const lines = rows.map((row) => names.map((column) => row[column] ?? '').join(','));
  await writeFile(join(data, 'rows.csv'), `${[names.join(','), ...lines].join('\n')}\n`);
  const dataset = { dataset: name, source: 'rows.csv', licence: 'none', provenance: 'made up', key: 'id', target };
  const judged = { sensitive: sensitive.map((column) => ({ column })) };
  await writeFile(join(data, 'dataset.yaml'), stringify({ ...dataset, ...judged, columns }));
  await writeFile(
    join(folder, 'models', `${name}.yaml`),
    stringify({ ...quick(sensitive), model: name, dataset: name, ...model }),
  );
  await writeFile(join(folder, 'temporal.yaml'), stringify(quickConfig));
}

/** Free ports, and a log that releases can read soon. */
export const quickConfig = {
  ports: { temporal: 0, ui: 0, gateway: 0, gatewayGrpc: 0 },
  gateway: { log: { sealEvery: '500ms' } },
};

const quick = (sensitive: readonly string[]) => ({
  seed: 7,
  trainer: { kind: 'network', hidden: [16], epochs: 30, batchSize: 64, learningRate: 0.01 },
  // No variant is that fast: what is served is what was trained.
  optimize: { variants: ['dynamicInt8'], batchSizes: [1], minSpeedup: 1_000 },
  ...(sensitive.length === 0
    ? {}
    : { fairness: { attributes: Object.fromEntries(sensitive.map((column) => [column, {}])) } }),
  ...quickRelease(sensitive),
});

/** Staging, approval and release in seconds. */
export const quickRelease = (sensitive: readonly string[] = []) => ({
  staging: { rate: 50, duration: '1s', maxP99Ms: 5_000 },
  approval: { deadline: '1h' },
  release: {
    shadow: { sample: 1, minRequests: 30, duration: '2s' },
    steps: [0.5],
    stepDuration: '2s',
    minStepRequests: 10,
    minLabels: 100,
    labels: { maturity: '3s' },
    promotion: { metrics: { accuracy: { margin: 0.1 } } },
    bake: '2s',
    deadline: `${patience(120)}s`,
    analyzeEvery: '500ms',
    // Both versions run on a machine that other tests load too.
    guards: {
      accuracyLoss: 0.05,
      slowMs: 5_000,
      ...(sensitive.length === 0 ? {} : { fairness: { maxGroupLoss: 0.2, minGroupKeys: 30 } }),
    },
  },
});
