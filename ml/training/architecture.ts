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
}

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
  /** Values that it gives for a row. */
  readonly outputs: number;
  /** `embedding` (where used), then `weight0`, `bias0`, `weight1`, ... */
  readonly parameters: readonly Parameter[];
  /** Length of the flat vector of all parameters. */
  readonly size: number;
}

export function designNetwork(hidden: readonly number[], encoding: Encoding, outputs: number): Architecture {
  const inputs = {
    numeric: numericWidth(encoding),
    marks: numericWidth(encoding) - encoding.numeric.length,
    oneHotColumns: encoding.oneHot.length,
    oneHotSlots: slotCount(encoding.oneHot),
    embeddedColumns: encoding.embedded.length,
    embeddedSlots: slotCount(encoding.embedded),
    embedWidth: encoding.embedWidth,
  };
  const width = inputs.numeric + inputs.oneHotSlots + inputs.embeddedColumns * inputs.embedWidth;
  const widths = [width, ...hidden, outputs];
  const parameters: Parameter[] = [];
  let size = 0;
  const place = (name: string, shape: readonly number[], decays: boolean): void => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    parameters.push({ name, shape, offset: size, size: length, decays });
    size += length;
  };
  if (inputs.embeddedSlots > 0) place('embedding', [inputs.embeddedSlots, inputs.embedWidth], true);
  for (const [layer, to] of widths.slice(1).entries()) {
    place(`weight${layer}`, [widths[layer] ?? 0, to], true);
    place(`bias${layer}`, [to], false);
  }
  return { ...inputs, hidden, outputs, parameters, size };
}

/**
 * First parameters: normal with deviation `sqrt(2 / active inputs)` (He et al. 2015), where a one-hot column, and a number
 * with its mark, count as one input; 0.1 for embeddings; biases 0, as are the logits' weights. Slots that no training row fills get 0 and stay there, so
 * that an unknown code neither raises nor lowers the prediction.
 */
export function initialParameters(network: Architecture, rows: EncodedRows, seed: number): Float32Array {
  const random = createRandom(seed);
  const theta = new Float32Array(network.size);
  const last = `weight${network.hidden.length}`;
  for (const { name, shape, offset, size } of network.parameters) {
    if (name.startsWith('bias') || name === last) continue;
    const active =
      name === 'weight0'
        ? network.numeric - network.marks + network.oneHotColumns + network.embeddedColumns * network.embedWidth
        : (shape[0] ?? 1);
    const deviation = name === 'embedding' ? 0.1 : Math.sqrt(2 / active);
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
