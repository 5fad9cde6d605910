import { normalizationEpsilon } from '../onnx/autodiff/standardize.ts';
import { layOut, type Architecture } from './architecture.ts';

/** The network that predicts: batch normalization by running statistics is part of its weights. */
export const foldedDesign = (network: Architecture): Architecture =>
  network.normalization === 'batch' ? layOut({ ...network, normalization: 'none' }) : network;

/**
 * Its parameters, from those of the network that is trained: with `f = scale / sqrt(variance + epsilon)` by column, the weights are `w f` and the
 * bias is `bias - mean f` (Ioffe and Szegedy 2015, algorithm 2).
 */
export function foldedParameters(network: Architecture, theta: Float32Array): Float32Array {
  if (network.normalization !== 'batch') return theta;
  const folded = foldedDesign(network);
  const values = new Float32Array(folded.size);
  const trained = (name: string): Float32Array => {
    const { offset, size } = network.parameters.find((parameter) => parameter.name === name)!;
    return theta.subarray(offset, offset + size);
  };
  for (const { name, offset } of folded.parameters) values.set(trained(name), offset);
  for (const layer of network.hidden.keys()) {
    const [scale, mean, variance] = [trained(`scale${layer}`), trained(`mean${layer}`), trained(`variance${layer}`)];
    const factors = scale.map((value, column) => value / Math.sqrt(variance[column]! + normalizationEpsilon));
    const own = (name: string): Float32Array => {
      const { offset, size } = folded.parameters.find((parameter) => parameter.name === name)!;
      return values.subarray(offset, offset + size);
    };
    const [weight, bias] = [own(`weight${layer}`), own(`bias${layer}`)];
    for (let at = 0; at < weight.length; at++) weight[at]! *= factors[at % factors.length]!;
    for (let column = 0; column < bias.length; column++) bias[column]! -= mean[column]! * factors[column]!;
  }
  return values;
}
