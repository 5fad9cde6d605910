import type { SettingsOf } from '../../contracts/model/trainer.ts';
import { createRandom } from '../random.ts';
import { numericWidth, slotCount, type EncodedRows, type Encoding } from './encoding.ts';

/** One weight matrix, bias vector or embedding table, and its place in the flat vector of all parameters. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  /** Weight decay applies. */
  readonly decays: boolean;
  /** Gradients move it; false of the running statistics of batch normalization. */
  readonly trains: boolean;
}

/** What a hidden layer is made of. */
type Layers = Pick<SettingsOf<'network'>, 'hidden'> &
  Partial<Pick<SettingsOf<'network'>, 'normalization' | 'residual' | 'dropout'>>;

/** A network; without hidden layers it is a linear model. */
export interface Architecture {
  /** Numbers, and what says that one is missing. */
  readonly numeric: number;
  /** Those that say that another one is missing. */
  readonly marks: number;
  /** One-hot columns, and slots over all of them. */
  readonly oneHotColumns: number;
  readonly oneHotSlots: number;
  readonly embeddedColumns: number;
  readonly embeddedSlots: number;
  readonly embedWidth: number;
  readonly hidden: readonly number[];
  readonly normalization: SettingsOf<'network'>['normalization'];
  readonly residual: boolean;
  /** Share of the values of a hidden layer that a training step leaves out. */
  readonly dropout: number;
  /** Values that it gives for a row. */
  readonly outputs: number;
  /**
   * `embedding` (where used), then by layer `weight0`, `scale0` (where normalized), `bias0`, `skip0` (where residual widths differ), ...; after
   * them all the running `mean0`, `variance0`, ... of batch normalization.
   */
  readonly parameters: readonly Parameter[];
  /** Length of the flat vector of all parameters, and of its start that is trained. */
  readonly size: number;
  readonly trained: number;
}

export function designNetwork(
  { hidden, normalization = 'none', residual = false, dropout = 0 }: Layers,
  encoding: Encoding,
  outputs: number,
): Architecture {
  return layOut({
    numeric: numericWidth(encoding),
    marks: numericWidth(encoding) - encoding.numeric.length,
    oneHotColumns: encoding.oneHot.length,
    oneHotSlots: slotCount(encoding.oneHot),
    embeddedColumns: encoding.embedded.length,
    embeddedSlots: slotCount(encoding.embedded),
    embedWidth: encoding.embedWidth,
    hidden,
    normalization,
    residual,
    dropout,
    outputs,
  });
}

/** Gives each parameter its place. */
export function layOut(design: Omit<Architecture, 'parameters' | 'size' | 'trained'>): Architecture {
  const { hidden, normalization } = design;
  const width = design.numeric + design.oneHotSlots + design.embeddedColumns * design.embedWidth;
  const widths = [width, ...hidden, design.outputs];
  const parameters: Parameter[] = [];
  let size = 0;
  const place = (name: string, shape: readonly number[], decays: boolean, trains = true): void => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    parameters.push({ name, shape, offset: size, size: length, decays, trains });
    size += length;
  };
  if (design.embeddedSlots > 0) place('embedding', [design.embeddedSlots, design.embedWidth], true);
  for (const [layer, to] of widths.slice(1).entries()) {
    const from = widths[layer] ?? 0;
    place(`weight${layer}`, [from, to], true);
    if (normalization !== 'none' && layer < hidden.length) place(`scale${layer}`, [to], false);
    place(`bias${layer}`, [to], false);
    if (isResidual(design, layer) && from !== to) place(`skip${layer}`, [from, to], true);
  }
  const trained = size;
  for (const [layer, to] of normalization === 'batch' ? hidden.entries() : []) {
    place(`mean${layer}`, [to], false, false);
    place(`variance${layer}`, [to], false, false);
  }
  return { ...design, parameters, size, trained };
}

/** Whether a layer is added to what it takes: a hidden one after the first, which makes the width. */
export const isResidual = ({ residual, hidden }: Pick<Architecture, 'residual' | 'hidden'>, layer: number): boolean =>
  residual && layer > 0 && layer < hidden.length;

/**
 * First parameters: normal with deviation `sqrt(2 / active inputs)` (He et al. 2015), `sqrt(1 / inputs)` for what is added to a layer, where a
 * one-hot column, and a number with its mark, count as one input; 0.1 for embeddings; scales and variances 1; biases and means 0, as are the logits' weights. Slots that no training row fills get 0 and stay there, so
 * that an unknown code neither raises nor lowers the prediction.
 */
export function initialParameters(network: Architecture, rows: EncodedRows, seed: number): Float32Array {
  const random = createRandom(seed);
  const theta = new Float32Array(network.size);
  const last = `weight${network.hidden.length}`;
  for (const { name, shape, offset, size } of network.parameters) {
    if (/^(?:scale|variance)/.test(name)) theta.fill(1, offset, offset + size);
    if (/^(?:scale|variance|bias|mean)/.test(name) || name === last) continue;
    const active =
      name === 'weight0'
        ? network.numeric - network.marks + network.oneHotColumns + network.embeddedColumns * network.embedWidth
        : (shape[0] ?? 1);
    const deviation = name === 'embedding' ? 0.1 : Math.sqrt((name.startsWith('skip') ? 1 : 2) / active);
    for (let index = 0; index < size; index++) theta[offset + index] = deviation * random.normal();
  }
  clearUnused(theta, network, 'weight0', network.numeric, network.oneHotSlots, rows.oneHot);
  clearUnused(theta, network, 'embedding', 0, network.embeddedSlots, rows.embedded);
  return theta;
}

function clearUnused(
  theta: Float32Array,
  network: Architecture,
  name: string,
  firstRow: number,
  slots: number,
  used: Int32Array,
): void {
  const parameter = network.parameters.find((candidate) => candidate.name === name);
  if (!parameter) return;
  const width = parameter.shape[1] ?? 1;
  const filled = new Set(used);
  for (let slot = 0; slot < slots; slot++) {
    const start = parameter.offset + (firstRow + slot) * width;
    if (!filled.has(slot)) theta.fill(0, start, start + width);
  }
}
