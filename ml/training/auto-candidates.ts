import { trainerSchema, type SettingsOf, type SingleSettings } from '../../contracts/model/trainer.ts';

export interface AutoCandidate {
  readonly name: 'linear' | 'gbdt' | 'network';
  readonly settings: SingleSettings;
}

/** By training rows: small batches and trees for few, so that they converge and are not learned by heart. */
const bySize = [
  {
    below: 2_000,
    gbdt: { trees: 400, leaves: 7, minRows: 10, l2: 1, learningRate: 0.05 },
    network: { hidden: [16], epochs: 60, batchSize: 32, learningRate: 0.01, patience: 8, weightDecay: 0.01, seeds: 5 },
  },
  {
    below: 20_000,
    gbdt: { trees: 600, leaves: 15, l2: 1, learningRate: 0.05 },
    network: { hidden: [32, 16], epochs: 40, batchSize: 128, learningRate: 0.005, patience: 6, seeds: 5 },
  },
  {
    below: Infinity,
    gbdt: { trees: 1_000, leaves: 31, l2: 1, learningRate: 0.1 },
    network: { hidden: [64, 32], encoding: { embed: 8 }, epochs: 20, learningRate: 0.002, patience: 4 },
  },
] as const;

/** What `auto` tries on so many training rows, the simplest first. */
export function autoCandidates(rows: number): readonly AutoCandidate[] {
  const { gbdt, network } = bySize.find(({ below }) => rows < below)!;
  const settings = <K extends SingleSettings['kind']>(kind: K, of: object): SettingsOf<K> =>
    trainerSchema.parse({ kind, ...of }) as SettingsOf<K>;
  return [
    { name: 'linear', settings: settings('linear', { tails: 'log' }) },
    { name: 'gbdt', settings: settings('gbdt', gbdt) },
    { name: 'network', settings: settings('network', network) },
  ];
}
